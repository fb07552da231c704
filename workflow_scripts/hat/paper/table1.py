"""Table 1: SubTransformers that were searched for one device, on all of them."""

from hat.paper.comparing import bleu_notes, comparison, names_with_device, ordered
from hat.paper.gathered import Frames
from hat.paper.tables import Table


def table(frames: Frames) -> Table:
    """HAT models, each on every device of its task; the budget stands in the row of the device it is for."""
    models = frames["models"]  # of HAT alone: the study's families
    rows = models.merge(names_with_device(models), on=["task", "model"])
    return comparison(
        ordered(rows, [], groups=["task", "model"]),
        ["latency_ms", "predicted_ms", "parameters", "flops", "bleu", "bleu_half_width"],
        name="Table 1",
        caption="SubTransformers searched for one device, measured on each",
        notes=["Device: where the latency is measured.", *bleu_notes(models)],
        groups=["task", "model"],
    )
