"""Table 3: HAT beside other architectures that were made to be fast or small."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hat.paper.comparison import Comparison, bleu_notes, by_place, facts, named
from hat.paper.models import ModelRow

ORDER = ("depth", "levenshtein", "evolved", "lite", "hat")


def table3(rows: Sequence[ModelRow]) -> Comparison:
    """`rows`: Transformers scaled by depth, the three others, HAT models."""
    return Comparison(
        name="Table 3",
        caption="HAT beside other architectures",
        columns=("latency_ms", "iterations", "parameters", "flops", "bleu", "bleu_half_width", "sacrebleu"),
        groups=[[each for row in sorted(group, key=_place) for each in _facts(row)] for group in by_place(rows)],
        notes=[
            "All trained with one recipe. The Levenshtein, Evolved and Lite Transformers have the width and the depth "
            "of the deepest Transformer, by their own count of layers. The Levenshtein Transformer learns slowly: "
            "its authors give it 300,000 updates, on targets that a Transformer has translated.",
            "Iterations: of a Levenshtein Transformer, the mean for the test sentences that it is timed on, which are "
            "about as long as those of the others; then its latency and FLOPs for the mean that the paper adopts.",
            *bleu_notes(rows),
        ],
        published="table3",
    )


def _place(row: ModelRow) -> tuple[int, float]:
    return ORDER.index(row.family), row.known_ms


def _facts(row: ModelRow) -> list[dict[str, Any]]:
    whole = facts(row, named(row), iterations=row.iterations)
    if row.published_iterations_ms is None:
        return [whole]
    fixed = {key: whole[key] for key in ("task", "hardware")}
    fixed |= {"model": f"{whole['model']}, the paper's iterations", "latency_ms": row.published_iterations_ms}
    return [whole | {"flops": None}, fixed | {"iterations": row.published_iterations, "flops": row.flops}]
