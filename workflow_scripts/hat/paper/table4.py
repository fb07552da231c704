"""Table 4: what the search finds beside the largest SubTransformer of its design space."""

from hat.paper.comparing import arranged, bleu_notes, comparison
from hat.paper.gathered import Frames
from hat.paper.tables import Table


def table(frames: Frames) -> Table:
    return comparison(
        arranged(frames["models"], ("largest", "hat")),
        ["latency_ms", "predicted_ms", "parameters", "flops", "bleu", "bleu_half_width", "sacrebleu"],
        name="Table 4",
        caption="Searched SubTransformers beside the largest one of their design space",
        notes=["All trained from scratch with one recipe.", *bleu_notes(frames["models"])],
    )
