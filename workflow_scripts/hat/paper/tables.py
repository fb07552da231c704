"""How tables are written: CSV with full numbers, Markdown and LaTeX to read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hat.files import write_text
from hat.frames import write_frame

UNKNOWN = "–"
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
        cells = {
            column.title: self.frame[name].astype(object).map(column.shown or str, na_action="ignore").fillna(UNKNOWN)
            for name, column in self._known.items()
        }
        return pd.DataFrame(cells, dtype=object)

    def markdown(self) -> str:
        cells = self.cells().map(lambda cell: cell.replace("|", "\\|"))
        alignment = ["right" if column.shown else "left" for column in self._known.values()]
        table = cells.to_markdown(index=False, colalign=alignment, disable_numparse=True)
        notes = [f"- {note}" for note in self.notes]
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
        notes = [rf"\par\smallskip\parbox{{\textwidth}}{{\footnotesize {_latex_note(note)}}}" for note in self.notes]
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

    def _starts(self) -> pd.Series:
        """Whether a row is the first of its group."""
        keys = self.frame[[name for name in self.groups if name in self.frame]].fillna("")
        return keys.ne(keys.shift()).any(axis="columns")


def table_key(name: str) -> str:
    """How files and labels call a table: Table 8 is table8."""
    return name.lower().replace(" ", "")


def escape_latex(text: str) -> str:
    return "".join(LATEX.get(letter, letter) for letter in text)


def _latex_note(note: str) -> str:
    parts = [escape_latex(part) for part in note.split("`")]
    return "".join(rf"\texttt{{{part}}}" if number % 2 else part for number, part in enumerate(parts))
