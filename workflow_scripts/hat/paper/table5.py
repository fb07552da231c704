"""Table 5: whether inherited weights tell which SubTransformers become good models when trained from scratch."""

from hat.paper.comparing import bleu_notes, comparison
from hat.paper.gathered import Frames
from hat.paper.proxies import kendall_tau, proxies
from hat.paper.tables import Table


def table(frames: Frames) -> Table:
    pairs = proxies(frames["models"])
    taus = [(task, *kendall_tau(group), len(group)) for task, group in pairs.groupby("task", sort=False)]
    return comparison(
        pairs.assign(device=None),
        ["parameters", "inherited_valid_loss", "inherited_bleu", "valid_loss", "bleu", "bleu_half_width"],
        name="Table 5",
        caption="SubTransformers with inherited weights and trained from scratch",
        notes=[
            *(
                f"{task}: Kendall tau of inherited loss and BLEU from scratch {tau} ({p}, {count} SubTransformers)."
                for task, tau, p, count in taus
            ),
            "Losses are label-smoothed cross-entropies per token, base 2; BLEU and validation loss without further "
            "words are those of the model from scratch.",
            *bleu_notes(frames["models"]),
        ],
    )
