"""How tables are written: CSV with full numbers, Markdown and LaTeX to read."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hat.files import write_text
from hat.frames import write_frame

UNKNOWN = "–"
DOUBTFUL = "?"
BUSY = f"{DOUBTFUL} Timed on a busy machine, beyond what can be corrected: measure again."
PAPER = "paper"
"""The source of rows that the paper prints; those of our own are from here."""
LATEX = {
    "\\": r"\textbackslash{}",
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}\allowbreak{}",
    "±": r"$\pm$",
    "†": r"$\dagger$",
    "‡": r"$\ddagger$",
    "§": r"\S{}",
    "×": r"$\times$",
    "–": "--",
}


@dataclass(frozen=True)
class Column:
    """How a column is called and how a number in it is shown; text, which is aligned left, needs no telling."""

    title: str
    shown: Callable[[Any], str] | None = None
    unit: float | None = None
    """So much of what the frame holds is one here."""
    measured: bool = False
    """A latency: the frame may tell its uncertainty (`uncertainty_ms`), which sets the digits, and mark it doubtful."""
    half_width: str | None = None
    """The column with half of a number's interval, to stand behind it."""

    def cell(self, found: Mapping[str, Any], name: str) -> str:
        """The column `name` of a row."""
        if pd.isna(found[name]):
            return UNKNOWN
        if self.shown is None:
            return str(found[name])
        number = found[name] if self.unit is None else found[name] / self.unit
        if found.get("source") == PAPER:
            return f"{number:,.12g}"
        if self.half_width is not None and pd.notna(found.get(self.half_width, math.nan)):
            return f"{self.shown(number)} ± {self.shown(found[self.half_width])}"
        if not self.measured:
            return self.shown(number)
        half_width = found.get("uncertainty_ms", math.nan)
        text = self.shown(number) if pd.isna(half_width) else within(number, half_width)
        return text + DOUBTFUL * is_set(found.get("doubtful"))


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table to read. Backticks in a note enclose code."""

    name: str
    """As people refer to it; LaTeX numbers the table itself and gets it as a label."""
    caption: str
    frame: pd.DataFrame
    """The full numbers."""
    columns: Mapping[str, Column]
    """The columns of `frame` to show, in that order; those of which nothing is known are left out."""
    groups: Sequence[str] = ("task", "device")
    """Columns whose change sets rows apart in LaTeX, where leading cells that repeat the row above stay blank."""
    notes: Sequence[str]
    everything: pd.DataFrame | None = None
    """What the CSV holds where that is more than `frame`."""

    def cells(self) -> pd.DataFrame:
        """What is read, by the titles of the columns."""
        rows = self.frame.to_dict("records")
        cells = {column.title: [column.cell(row, name) for row in rows] for name, column in self._known.items()}
        return pd.DataFrame(cells, dtype=object)

    def markdown(self) -> str:
        cells = self.cells().map(lambda cell: cell.replace("|", "\\|"))
        alignment = ["right" if column.shown else "left" for column in self._known.values()]
        table = cells.to_markdown(index=False, colalign=alignment, disable_numparse=True)
        notes = [f"- {note}" for note in self._told(cells)]
        return "\n".join([f"**{self.name}: {self.caption}**", "", table, "", *notes]) + "\n"

    def latex(self) -> str:
        """A `table*` environment; it needs the package booktabs."""
        cells = self.cells()
        leading = [column.title for column in self._known.values() if column.shown is None][:-1]
        starts = self._starts()
        repeated = cells[leading].eq(cells[leading].shift()).cummin(axis="columns").apply(lambda same: same & ~starts)
        cells[leading] = cells[leading].mask(repeated, "")
        alignment = "".join("r" if column.shown else "l" for column in self._known.values())
        shown = cells.map(escape_latex).rename(columns=escape_latex)
        lines = shown.to_latex(index=False, column_format=alignment).splitlines()
        first = lines.index(r"\midrule") + 1
        rows = zip(starts, lines[first:], strict=False)  # then follows the end of the table
        body = [line for start, row in rows for line in ([r"\midrule", row] if start else [row])]
        notes = [
            rf"\par\smallskip\parbox{{\textwidth}}{{\footnotesize {_latex_note(note)}}}" for note in self._told(cells)
        ]
        caption, label = escape_latex(self.caption), table_key(self.name)
        head = [r"\centering", rf"\caption{{{caption}}}", rf"\label{{tab:{label}}}"]
        inside = [*head, *lines[: first - 1], *body, *lines[first + len(cells) :], *notes]
        return "\n".join([r"\begin{table*}", *(f" {line}" for line in inside), r"\end{table*}"]) + "\n"

    def write(self, stem: Path) -> None:
        """Write `stem`.csv, `stem`.md and `stem`.tex."""
        write_frame(f"{stem}.csv", self.frame if self.everything is None else self.everything)
        write_text(f"{stem}.md", self.markdown())
        write_text(f"{stem}.tex", self.latex())

    @property
    def _known(self) -> dict[str, Column]:
        return {name: column for name, column in self.columns.items() if self.frame[name].notna().any()}

    def _told(self, cells: pd.DataFrame) -> list[str]:
        """The notes, and what the mark of doubtful latencies means where one is shown."""
        latencies = [column.title for column in self._known.values() if column.measured]
        marked = any(cell.endswith(DOUBTFUL) for title in latencies for cell in cells[title])
        return [*self.notes, *([BUSY] if marked else [])]

    def _starts(self) -> pd.Series:
        """Whether a row is the first of its group."""
        keys = self.frame[[name for name in self.groups if name in self.frame]].fillna("")
        return keys.ne(keys.shift()).any(axis="columns")


def significant(number: float, digits: int = 3) -> str:
    """At least so many digits that count, thousands set apart."""
    places = digits - 1 - math.floor(math.log10(abs(number))) if number else digits
    return f"{number:,.{max(0, places)}f}"


def within(number: float, half_width: float) -> str:
    """Digits down to the first of its half width: 13.5 of 13.53 ± 0.2."""
    places = -math.floor(math.log10(half_width)) if half_width > 0 else 3
    return f"{number:,.{min(max(0, places), 3)}f}"


def is_set(flag: Any) -> bool:
    """Whether a flag that may be missing is true."""
    return bool(pd.notna(flag) and flag)


def table_key(name: str) -> str:
    """How files and labels call a table: Table 8 is table8."""
    return name.lower().replace(" ", "")


def escape_latex(text: str) -> str:
    return "".join(LATEX.get(letter, letter) for letter in text)


def _latex_note(note: str) -> str:
    parts = [escape_latex(part) for part in note.split("`")]
    return "".join(rf"\texttt{{{part}}}" if number % 2 else part for number, part in enumerate(parts))
