"""Table 6: SubTransformers trained from scratch, and fine-tuned from inherited weights at a quarter of the updates."""

from __future__ import annotations

from collections.abc import Sequence

from hat.paper.comparison import Comparison, bleu_notes, facts, named
from hat.paper.models import ModelRow


def table6(rows: Sequence[ModelRow]) -> Comparison:
    """`rows`: HAT models from scratch and, by name of their base, fine-tuned."""
    finetuned = {(row.task, row.base): row for row in rows if row.family == "finetuned"}
    scratch = {(row.task, row.model): row for row in rows if (row.task, row.model) in finetuned}
    return Comparison(
        name="Table 6",
        caption="From scratch, and from inherited weights with a quarter of the updates",
        columns=("updates", "valid_loss", "bleu", "bleu_half_width", "sacrebleu"),
        groups=[
            [
                facts(row, f"{named(row)}, from scratch", hardware=""),
                facts(finetuned[key], f"{named(row)}, inherited and fine-tuned", hardware=""),
            ]
            for key, row in scratch.items()
        ],
        notes=[
            "The updates of the SuperTransformer that the weights are inherited from are not counted.",
            *bleu_notes(rows),
        ],
        published="table6",
    )
