"""Table 4: what the search finds beside the largest SubTransformer of its design space."""

from __future__ import annotations

from collections.abc import Sequence

from hat.paper.comparison import Comparison, bleu_notes, by_place, facts, named
from hat.paper.models import ModelRow


def table4(rows: Sequence[ModelRow]) -> Comparison:
    """`rows`: the largest SubTransformer and HAT models, all trained from scratch."""
    return Comparison(
        name="Table 4",
        caption="Searched SubTransformers beside the largest one of their design space",
        columns=("latency_ms", "predicted_ms", "parameters", "flops", "bleu", "bleu_half_width", "sacrebleu"),
        groups=[
            [facts(row, named(row)) for row in sorted(group, key=lambda row: (row.family == "hat", row.known_ms))]
            for group in by_place(rows)
        ],
        notes=["All trained from scratch with one recipe.", *bleu_notes(rows)],
        published="table4",
    )
