"""Table 5: whether inherited weights tell which SubTransformers become good models when trained from scratch."""

from __future__ import annotations

from collections.abc import Sequence

from scipy.stats import kendalltau

from hat.paper.comparison import Comparison, bleu_notes, facts, named
from hat.paper.models import ModelRow


def table5(rows: Sequence[ModelRow]) -> Comparison:
    """`rows`: SubTransformers from scratch and, by name of their base, with inherited weights."""
    tasks = proxies(rows)
    return Comparison(
        name="Table 5",
        caption="SubTransformers with inherited weights and trained from scratch",
        columns=("parameters", "inherited_valid_loss", "inherited_bleu", "valid_loss", "bleu", "bleu_half_width"),
        groups=[
            [
                facts(
                    scratch,
                    named(scratch),
                    hardware="",
                    inherited_valid_loss=inherited.valid_loss,
                    inherited_bleu=inherited.bleu,
                )
                for scratch, inherited in pairs
            ]
            for pairs in tasks.values()
        ],
        notes=[
            *(f"{task}: {tau_note(pairs)}" for task, pairs in tasks.items()),
            "Losses are label-smoothed cross-entropies per token, base 2; BLEU and validation loss without further "
            "words are those of the model from scratch.",
            *bleu_notes(rows),
        ],
        published="table5",
    )


Pairs = list[tuple[ModelRow, ModelRow]]


def proxies(rows: Sequence[ModelRow]) -> dict[str, Pairs]:
    """Of each task the models from scratch, each with its inherited twin, by falling inherited loss.

    A model stands here once, whatever the devices it is timed on.
    """
    inherited = {(row.task, row.base): row for row in rows if row.family == "inherited"}
    tasks: dict[str, dict[str, tuple[ModelRow, ModelRow]]] = {}
    for row in rows:
        if (row.task, row.model) in inherited:
            tasks.setdefault(row.task, {})[row.model] = (row, inherited[row.task, row.model])
    return {task: sorted(found.values(), key=lambda pair: -(pair[1].valid_loss or 0)) for task, found in tasks.items()}


def kendall_tau(pairs: Pairs) -> tuple[float, float]:
    """Rank correlation, and its p-value, of the falling inherited loss with the BLEU from scratch."""
    found = kendalltau([-(inherited.valid_loss or 0) for _, inherited in pairs], [scratch.bleu for scratch, _ in pairs])
    return float(found.statistic), float(found.pvalue)


def tau_note(pairs: Pairs) -> str:
    tau, p = kendall_tau(pairs)
    return f"Kendall tau of inherited loss and BLEU from scratch {tau:.2f} (p = {p:.2f}, {len(pairs)} SubTransformers)."
