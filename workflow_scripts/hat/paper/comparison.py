"""Tables that compare a few models: what was found here and, in columns of its own, what the paper prints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hat.files import read_csv
from hat.paper.models import BLEU_KINDS, ModelRow
from hat.paper.tables import Table

PUBLISHED = Path(__file__).with_name("published")
TEXT = {"task": "Task", "hardware": "Hardware", "model": "Model"}
UNKNOWN = "–"


def _latency(ms: float) -> str:
    return f"{ms / 1000:.1f} s" if ms >= 1000 else f"{ms:.2f} ms" if ms < 100 else f"{ms:.1f} ms"


def _count(number: float) -> str:
    return f"{number:,.0f}"


def _large(number: float) -> str:
    """In thousands, millions or billions."""
    unit, letter = next((unit, letter) for unit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "K")) if number >= unit)
    return f"{number / unit:.2f}{letter}"


def _hours(hours: float) -> str:
    return _count(hours) if hours >= 100 else f"{hours:.3g}"


COLUMNS: dict[str, tuple[str, Callable[[float], str]]] = {
    "latency_ms": ("Latency", _latency),
    "predicted_ms": ("Predicted latency", _latency),
    "parameters": ("#Params", _large),
    "flops": ("FLOPs", _large),
    "budget_ms": ("Budget", _latency),
    "measured": ("Models timed", _count),
    "scored": ("Scored", _count),
    "timed_seconds": ("Timing (s)", "{:.1f}".format),
    "size_mb": ("Size (MB)", "{:.2f}".format),
    "file_mb": ("File (MB)", "{:.2f}".format),
    "reduction": ("Reduction", "{:.1f}×".format),
    "iterations": ("Iterations", "{:.2f}".format),
    "updates": ("Updates", _count),
    "valid_loss": ("Validation loss", "{:.3f}".format),
    "inherited_valid_loss": ("Inherited loss", "{:.3f}".format),
    "inherited_bleu": ("Inherited BLEU", "{:.1f}".format),
    "bleu": ("BLEU", "{:.1f}".format),
    "bleu_half_width": ("±", "{:.1f}".format),
    "hours": ("Hours", _hours),
    "gpu_hours": ("GPU-hours", _hours),
    "co2_lb": ("CO2e (lb)", _hours),
    "cost_preemptible_usd": ("$ preemptible", _hours),
    "cost_on_demand_usd": ("$ on demand", _hours),
    "sacrebleu": ("SacreBLEU", "{:.1f}".format),
}
"""How each number is called and shown, by its name in the CSV file."""

NAMES = {
    "largest": "Largest SubTransformer",
    "smallest": "Smallest SubTransformer",
    "evolved": "Evolved Transformer",
    "lite": "Lite Transformer",
    "levenshtein": "Levenshtein Transformer",
}
"""Of families of one model."""

AS_PRINTED: dict[str, Callable[[float], str]] = {
    "published_latency_ms": lambda ms: f"{ms / 1000:g} s" if ms >= 1000 and ms % 100 == 0 else f"{ms:g} ms",
    "published_parameters": lambda number: f"{number / 1e6:g}M",
    "published_flops": lambda number: f"{number / 1e9:g}G",
    "published_bleu": "{:g}".format,
    "published_inherited_bleu": "{:g}".format,
    "published_inherited_valid_loss": "{:g}".format,
    "published_size_mb": "{:g}".format,
}
"""How printed numbers are shown that have fewer or more digits than ours."""

Facts = Mapping[str, Any]
"""A row: the keys of `TEXT`, and some of `COLUMNS`; what is missing is unknown."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A table in the making. `published` holds what the paper prints, or names its file; its columns come last."""

    name: str
    caption: str
    columns: Sequence[str]
    groups: Sequence[Sequence[Facts]]
    notes: Sequence[str]
    published: str | Sequence[Facts] = ()

    def write(self, stem: Path) -> None:
        self.table().write(stem, self.records())

    def records(self) -> list[dict[str, Any]]:
        """Full numbers, of columns in which there are any; rows of the paper after ours."""
        names = [*self._text(), *self._known(self.columns, self._ours), *self._printed_names()]
        ours = [{name: row.get(name) for name in names} for row in self._ours]
        printed = [
            {name: row.get(name.removeprefix("published_")) for name in names if name in TEXT or "published_" in name}
            for row in self._printed
        ]
        return ours + [dict.fromkeys(names) | row for row in printed]

    def table(self) -> Table:
        records = self.records()
        texts = self._text()
        numbers = [name for name in records[0] if name not in texts]
        lengths = [*map(len, self.groups), len(self._printed)]
        rows = [
            [record[name] or UNKNOWN for name in texts] + [_cell(name, record[name]) for name in numbers]
            for record in records
        ]
        groups, start = [], 0
        for length in filter(None, lengths):
            groups.append(rows[start : start + length])
            start += length
        note = "Published: as the paper prints it, for its own task and hardware; nothing of that was measured here."
        return Table(
            name=self.name,
            caption=self.caption,
            columns=[*(TEXT[name] for name in texts), *map(_title, numbers)],
            text_columns=len(texts),
            groups=groups,
            notes=[*self.notes, *([note] if self._printed else [])],
        )

    @property
    def _ours(self) -> list[Facts]:
        return [row for group in self.groups for row in group]

    @property
    def _printed(self) -> list[Facts]:
        if not isinstance(self.published, str):
            return list(self.published)
        rows = read_csv(PUBLISHED / f"{self.published}.csv", TEXT)
        return [{key: cell if key in TEXT else float(cell) for key, cell in row.items() if cell} for row in rows]

    def _text(self) -> list[str]:
        return [name for name in TEXT if any(row.get(name) for row in (*self._ours, *self._printed))]

    def _printed_names(self) -> list[str]:
        return [f"published_{name}" for name in self._known(self.columns, self._printed)]

    @staticmethod
    def _known(names: Iterable[str], rows: Sequence[Facts]) -> list[str]:
        return [name for name in names if any(row.get(name) is not None for row in rows)]


def facts(row: ModelRow, model: str, **more: Any) -> dict[str, Any]:
    """What a comparison shows of a model, under the name `model`."""
    predicted = {"predicted_ms": row.predicted_ms} if row.latency_ms is None else {}
    return {
        "task": row.task,
        "hardware": row.hardware,
        "model": model,
        "latency_ms": row.latency_ms,
        **predicted,
        "parameters": row.parameters,
        "flops": row.flops,
        "updates": row.updates,
        "valid_loss": row.valid_loss,
        "bleu": row.bleu,
        "bleu_half_width": row.bleu_half_width,
        "sacrebleu": row.sacrebleu,
        **more,
    }


def named(row: ModelRow) -> str:
    """A HAT model by its budget, a baseline by what is scaled, any other by its own name."""
    if row.family == "hat":
        return f"HAT, budget {row.budget}"
    if row.family in ("depth", "width"):
        return f"Transformer, {'decoder layers' if row.family == 'depth' else 'width'} {row.size}"
    return NAMES.get(row.family, row.model)


def bleu_notes(rows: Sequence[ModelRow]) -> list[str]:
    """Which BLEU it is, and that of which test set."""
    half = "± half of its 95% bootstrap interval over the test sentences, in BLEU of the same kind"
    kinds = {row.task: row.bleu_kind for row in rows if row.bleu is not None}
    signatures = dict.fromkeys(row.bleu_signature for row in rows if row.bleu is not None)
    said = [f"BLEU of {task}: {kind}; {half}." for task, kind in kinds.items() if kind in BLEU_KINDS]
    return [*said, *(f"BLEU signature: `{signature}`" for signature in signatures)]


def by_place(rows: Sequence[ModelRow]) -> list[list[ModelRow]]:
    """The rows of each task and device, in their first order."""
    places: dict[tuple[str, str], list[ModelRow]] = {}
    for row in rows:
        places.setdefault((row.task, row.hardware), []).append(row)
    return list(places.values())


def _title(name: str) -> str:
    title, _ = COLUMNS[name.removeprefix("published_")]
    return f"Published {title}" if name.startswith("published_") else title


def _cell(name: str, value: float | None) -> str:
    _, shown = COLUMNS[name.removeprefix("published_")]
    if value is None:
        return UNKNOWN
    return AS_PRINTED.get(name, shown)(value)
