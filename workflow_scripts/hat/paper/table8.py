"""Table 8: latency, size, FLOPs and BLEU of HAT models and of those they are compared with.

Measured and predicted latencies, and what the paper prints, stand in columns of their own; a column of which nothing is
known is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass

from hat.paper.comparison import UNKNOWN, named
from hat.paper.models import ModelRow, latency_unit, panels
from hat.paper.tables import Table

MISSED, NEXT_BEST = "†", "‡"


@dataclass(frozen=True)
class Unit:
    """In what the latencies of one group are shown."""

    name: str
    scale: float
    digits: int

    @classmethod
    def of(cls, group: Sequence[ModelRow]) -> Unit:
        known = [ms for row in group for ms in (row.latency_ms, row.predicted_ms, row.published_latency_ms) if ms]
        name, scale = latency_unit(max(known, default=0))
        return cls(name, scale, 2 if min(known, default=0) * scale < 10 else 1)

    def __call__(self, ms: float) -> str:
        return f"{ms * self.scale:.{self.digits}f} {self.name}"


Cell = Callable[[ModelRow, Unit], str | None]
COLUMNS: dict[str, Cell] = {
    "Task": lambda row, unit: row.task,
    "Hardware": lambda row, unit: row.hardware,
    "Model": lambda row, unit: f"{named(row)}{NEXT_BEST if _is_next_best(row) else ''}",
    "Latency": lambda row, unit: (
        None if row.latency_ms is None else f"{unit(row.latency_ms)}{MISSED if row.fits is False else ''}"
    ),
    "Predicted latency": lambda row, unit: (
        unit(row.predicted_ms) if row.latency_ms is None and row.predicted_ms else None
    ),
    "#Params": lambda row, unit: f"{row.parameters / 1e6:.2f}M",
    "FLOPs": lambda row, unit: f"{row.flops / 1e9:.2f}G" if row.flops >= 1e9 else f"{row.flops / 1e6:.2f}M",
    "BLEU": lambda row, unit: None if row.bleu is None else f"{row.bleu:.1f}",
    "SacreBLEU": lambda row, unit: (
        None if row.sacrebleu is None else f"{row.sacrebleu:.1f} ± {row.sacrebleu_half_width:.1f}"
    ),
    "Published latency": lambda row, unit: unit(row.published_latency_ms) if row.published_latency_ms else None,
    "Published #Params": lambda row, unit: f"{row.published_params_m:.2f}M" if row.published_params_m else None,
    "Published FLOPs": lambda row, unit: f"{row.published_flops_g:.2f}G" if row.published_flops_g else None,
    "Published BLEU": lambda row, unit: f"{row.published_bleu:.1f}" if row.published_bleu else None,
    "Published SacreBLEU": lambda row, unit: f"{row.published_sacrebleu:.1f}" if row.published_sacrebleu else None,
}
TEXT_COLUMNS = 3


def table8(rows: Sequence[ModelRow]) -> Table:
    """The table to read. HAT models come first in each group; marks tell which missed budgets when measured."""
    groups = [_cells(group) for *_, group in panels(rows)]
    shown = [name for name in COLUMNS if any(row[name] is not None for group in groups for row in group)]
    return Table(
        name="Table 8",
        caption="Latency, size and translation quality of HAT models and of ordinary Transformers",
        columns=shown,
        text_columns=TEXT_COLUMNS,
        groups=[[[row[name] or UNKNOWN for name in shown] for row in group] for group in groups],
        notes=list(_notes([row for *_, group in panels(rows) for row in group])),
    )


def table8_records(rows: Sequence[ModelRow]) -> list[dict[str, object]]:
    """The rows of the CSV: full numbers with their signatures and files, in the table's order."""
    return [{"bleu": row.bleu, **asdict(row)} for *_, group in panels(rows) for row in group]


def _cells(group: Sequence[ModelRow]) -> list[dict[str, str | None]]:
    unit = Unit.of(group)
    return [{name: cell(row, unit) for name, cell in COLUMNS.items()} for row in group]


def _is_next_best(row: ModelRow) -> bool:
    return row.rank is not None and row.rank > 1


def _notes(rows: Sequence[ModelRow]) -> list[str]:
    lengths = _listed(str(row.sentence_length) for row in rows)
    kinds = dict.fromkeys(row.bleu_kind for row in rows if row.bleu is not None)
    signatures = {"BLEU": "bleu_signature", "SacreBLEU": "sacrebleu_signature", "Latency": "latency_signature"}
    taken = [f"{named(row)} ({row.task}, {row.hardware}): rank {row.rank}" for row in rows if _is_next_best(row)]
    next_best = "Better candidates of the search missed the budget when measured. Taken"
    measured, predicted = any(row.latency_ms for row in rows), any(row.latency_ms is None for row in rows)
    notes = {
        "Latency: trimmed mean of the encoder's pass plus that of the decoder's steps, "
        "brought by an anchor timed in turn to the device's own speed.": measured,
        "Predicted latency: of a device that is not at hand, by a predictor that learned from published measurements; "
        "nothing was measured here.": predicted,
        "#Params and FLOPs leave out embeddings and the output layer; "
        f"FLOPs are those of one sentence pair with {lengths} tokens a side.": True,
        "Published: as the paper and its release print it, for the model of that latency.": any(
            row.published_latency_ms for row in rows
        ),
        f"{MISSED} No candidate measured kept the budget when this one was chosen: it was the fastest of them.": any(
            row.fits is False for row in rows
        ),
        f"{NEXT_BEST} {next_best}: {'; '.join(taken)}.": bool(taken),
        "SacreBLEU: detokenised, against the raw reference, ± half of the 95% bootstrap interval.": bool(kinds),
    }
    return [
        *[note for note, applies in notes.items() if applies],
        *[f"BLEU of {_listed(row.task for row in rows if row.bleu_kind == kind)}: {kind}." for kind in kinds],
        *[
            f"{name} signature: `{signature}`"
            for name, column in signatures.items()
            for signature in dict.fromkeys(getattr(row, column) for row in rows)
            if signature is not None
        ],
    ]


def _listed(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))
