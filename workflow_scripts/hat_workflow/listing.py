"""Tables for a terminal: a title, aligned columns, notes below."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from tabulate import SEPARATING_LINE, tabulate


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Groups of rows, with a rule between them. The first `text_columns` columns are aligned left, the others right."""

    name: str
    caption: str
    columns: Sequence[str]
    text_columns: int
    groups: Sequence[Sequence[Sequence[str]]]
    notes: Sequence[str] = ()

    def text(self) -> str:
        rows: list[Sequence[str]] = []
        for group in self.groups:
            rows += [*([SEPARATING_LINE] if rows else []), *group]
        alignment = [*["left"] * self.text_columns, *["right"] * (len(self.columns) - self.text_columns)]
        table = tabulate(rows, self.columns, tablefmt="simple", colalign=alignment, disable_numparse=True)
        width = max(72, *map(len, table.splitlines()))
        notes = [textwrap.fill(note, width, initial_indent="- ", subsequent_indent="  ") for note in self.notes]
        return "\n".join([f"{self.name}: {self.caption}", "", table, *([""] if notes else []), *notes]) + "\n"


def readable(value: float | None) -> str:
    """A cell with as many digits as people read; full numbers belong in a CSV."""
    if value is None:
        return "unknown"
    if value == 0:
        return "-"
    if 0 < value < 0.005:
        return "<0.01"
    return f"{value:,.0f}" if value == int(value) or value >= 100 else f"{value:,.2f}"
