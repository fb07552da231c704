"""Table 7: models whose weights are quantised by K-means to a few bits each."""

from __future__ import annotations

from collections.abc import Sequence

from hat.paper.comparison import Comparison, bleu_notes, by_place, facts, named
from hat.paper.models import ModelRow

BITS = 32
"""Of weights that are not quantised."""
NOTES = (
    "Size: by the paper's rule, all weights but those of embeddings and output layer at so many bits each.",
    "File: what the packed model takes on disk, with everything in it: embeddings, norms, biases, centroids.",
    "Reduction: of the largest Transformer's size. Embeddings are quantised only where it says so.",
)


def table7(rows: Sequence[ModelRow]) -> Comparison:
    """`rows`: HAT models and baselines, and by name of their base the quantised ones; of a task those of one device."""
    tasks: dict[str, list[ModelRow]] = {}
    for group in by_place(rows):
        tasks.setdefault(group[0].task, group)
    return Comparison(
        name="Table 7",
        caption="K-means quantisation",
        columns=("size_mb", "file_mb", "reduction", "bleu", "bleu_half_width", "sacrebleu"),
        groups=[_group(group) for group in tasks.values()],
        notes=[*NOTES, *bleu_notes(rows)],
        published="table7",
    )


def _group(rows: Sequence[ModelRow]) -> list[dict[str, object]]:
    """Each model that is quantised, before and after; baselines first, the widest use of bits first."""
    quantised = [row for row in rows if row.family == "quantised"]
    files = {row.base: row.unquantised_file_bytes for row in quantised}
    whole = {row.model: row for row in rows if row.model in files}
    largest = max(size_mb(row) for row in whole.values() if row.family != "hat" or len(whole) == 1)
    found = []
    for base in sorted(whole.values(), key=lambda row: (row.family == "hat", -row.parameters)):
        after = sorted(
            (row for row in quantised if row.base == base.model),
            key=lambda row: (-_bits(row), bool(row.quantised_embeddings)),
        )
        for row in (base, *after):
            words = f"{named(base)}, {_bits(row)} bits{', embeddings too' if row.quantised_embeddings else ''}"
            file_bytes = row.file_bytes or files[base.model] or 0
            sizes = {"size_mb": size_mb(row), "file_mb": file_bytes / 1e6, "reduction": largest / size_mb(row)}
            found.append(facts(row, words, hardware="", **sizes))
    return found


def size_mb(row: ModelRow) -> float:
    return row.parameters * _bits(row) / 8 / 1e6


def _bits(row: ModelRow) -> int:
    return row.bits or BITS
