"""Table 1: SubTransformers that were searched for one device, on all of them."""

from __future__ import annotations

from collections.abc import Sequence

from hat.paper.comparison import Comparison, bleu_notes, facts
from hat.paper.models import ModelRow


def table1(rows: Sequence[ModelRow]) -> Comparison:
    """`rows`: HAT models, each on every device of its task; the budget stands in the row of the device it is for."""
    groups: dict[tuple[str, str], list[ModelRow]] = {}
    for row in rows:
        groups.setdefault((row.task, row.model), []).append(row)
    return Comparison(
        name="Table 1",
        caption="SubTransformers searched for one device, measured on each",
        columns=("latency_ms", "predicted_ms", "parameters", "flops", "bleu", "bleu_half_width"),
        groups=[[facts(row, _name(group)) for row in group] for group in groups.values()],
        notes=["Hardware: where the latency is measured.", *bleu_notes(rows)],
        published="table1",
    )


def _name(group: Sequence[ModelRow]) -> str:
    own = next(row for row in group if row.budget is not None)
    return f"HAT for {own.hardware}, budget {own.budget}"
