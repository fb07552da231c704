"""How the tables of the paper are written: CSV with full numbers, Markdown and LaTeX to read."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hat.errors import InputError
from hat.files import replacing, write_text

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


def escape_latex(text: str) -> str:
    return "".join(LATEX.get(letter, letter) for letter in text)


def _latex_row(cells: Iterable[str]) -> str:
    return " & ".join(map(escape_latex, cells)) + r" \\"


def _latex_note(note: str) -> str:
    parts = [escape_latex(part) for part in note.split("`")]
    return "".join(rf"\texttt{{{part}}}" if number % 2 else part for number, part in enumerate(parts))


def write_csv(path: Path, records: Sequence[Mapping[str, Any]]) -> None:
    """One record a row, the columns of the first; nothing for None, true and false in small letters."""
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(records[0])
        writer.writerows([_cell(record[name]) for name in records[0]] for record in records)


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def read_csv(path: Path, columns: Iterable[str]) -> list[dict[str, str]]:
    """The rows of a CSV file. InputError when it is missing, empty, ragged, or lacks one of `columns`."""
    try:
        with open(path, encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            rows, names = list(reader), reader.fieldnames or []
    except OSError as error:
        raise InputError(path, error.strerror or "cannot be read", "a CSV file") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(path, str(error), "CSV in UTF-8") from None
    missing = [name for name in columns if name not in names]
    if missing:
        raise InputError(path, f"missing column {missing[0]!r}", ", ".join(columns))
    if not rows:
        raise InputError(path, "no rows", "at least one")
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise InputError(path, f"line {number}: not {len(names)} cells", "as many cells as the header has")
    return rows
