"""How tables are written: CSV with full numbers, Markdown and LaTeX to read, plain text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hat.files import write_csv, write_text

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
    "×": r"$\times$",
}


@dataclass(frozen=True)
class Table:
    """A table to read. Groups of rows are set apart in LaTeX, where leading cells that repeat the row above stay blank.

    The first `text_columns` columns are aligned left, the others right. Backticks in a note enclose code.
    """

    name: str
    """As people refer to it (Table 8); LaTeX numbers the table itself and gets it as a label."""
    caption: str
    columns: Sequence[str]
    groups: Sequence[Sequence[Sequence[str]]]
    notes: Sequence[str]
    text_columns: int

    def markdown(self) -> str:
        marks = [":--" if i < self.text_columns else "--:" for i in range(len(self.columns))]
        rows = [[cell.replace("|", "\\|") for cell in row] for group in self.groups for row in group]
        lines = [f"| {' | '.join(row)} |" for row in (self.columns, marks, *rows)]
        notes = [f"- {note}" for note in self.notes]
        return "\n".join([f"**{self.name}: {self.caption}**", "", *lines, "", *notes]) + "\n"

    def text(self) -> str:
        """Columns aligned with spaces, a rule between groups, notes as wide as the table."""
        rows = [self.columns, *(row for group in self.groups for row in group)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        rule = "-" * (sum(widths) + 2 * len(widths) - 2)

        def line(row: Sequence[str]) -> str:
            cells = zip(row, widths, strict=True)
            padded = [f"{cell:{'<' if i < self.text_columns else '>'}{width}}" for i, (cell, width) in enumerate(cells)]
            return "  ".join(padded).rstrip()

        body = [text for group in self.groups for text in (rule, *map(line, group))]
        notes = [
            textwrap.fill(note, max(len(rule), 72), initial_indent="- ", subsequent_indent="  ") for note in self.notes
        ]
        parts = [f"{self.name}: {self.caption}", "", line(self.columns), *body, *([""] if notes else []), *notes]
        return "\n".join(parts) + "\n"

    def latex(self) -> str:
        """A `table*` environment; it needs the package booktabs."""
        alignment = "l" * self.text_columns + "r" * (len(self.columns) - self.text_columns)
        body = [r" \midrule"]
        for number, group in enumerate(self.groups):
            body += [r" \midrule"] if number else []
            for above, row in zip([None, *group], group, strict=False):
                repeated = 0
                while above and repeated < self.text_columns - 1 and row[repeated] == above[repeated]:
                    repeated += 1
                body.append(f" {_latex_row(['' if i < repeated else cell for i, cell in enumerate(row)])}")
        return (
            "\n".join(
                [
                    r"\begin{table*}",
                    r" \centering",
                    rf" \caption{{{escape_latex(self.caption)}}}",
                    rf" \label{{tab:{self.name.lower().replace(' ', '')}}}",
                    rf" \begin{{tabular}}{{{alignment}}}",
                    r" \toprule",
                    f" {_latex_row(self.columns)}",
                    *body,
                    r" \bottomrule",
                    r" \end{tabular}",
                    *[
                        rf" \par\smallskip\parbox{{\textwidth}}{{\footnotesize {_latex_note(note)}}}"
                        for note in self.notes
                    ],
                    r"\end{table*}",
                ]
            )
            + "\n"
        )

    def write(self, stem: Path, records: Sequence[Mapping[str, Any]]) -> None:
        """Write `stem`.md, `stem`.tex and, with the full numbers of `records`, `stem`.csv."""
        write_csv(Path(f"{stem}.csv"), records)
        write_text(f"{stem}.md", self.markdown())
        write_text(f"{stem}.tex", self.latex())


def readable(value: float | None) -> str:
    """A cell with as many digits as people read; full numbers belong in the CSV."""
    if value is None:
        return "unknown"
    if value == 0:
        return "-"
    if 0 < value < 0.005:
        return "<0.01"
    return f"{value:,.0f}" if value == int(value) or value >= 100 else f"{value:,.2f}"


def escape_latex(text: str) -> str:
    return "".join(LATEX.get(letter, letter) for letter in text)


def _latex_row(cells: Iterable[str]) -> str:
    return " & ".join(map(escape_latex, cells)) + r" \\"


def _latex_note(note: str) -> str:
    parts = [escape_latex(part) for part in note.split("`")]
    return "".join(rf"\texttt{{{part}}}" if number % 2 else part for number, part in enumerate(parts))
