"""Which artifacts an update took over: one row each in `accepted.csv`, only ever appended to.

Those of an experiment stand in its folder, those of corpora, which experiments share, in `results/corpora`.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from hat.errors import InputError

from hat_workflow import paths


@dataclass(frozen=True, kw_only=True)
class Row:
    """One artifact, accepted once."""

    path: str
    rule: str
    """The rule that makes it now."""
    made_by: str
    """The hash of the code that made it, however often it was accepted since."""
    accepted_as: str
    """The hash of the code as whose work it counts from then on."""
    commit: str
    """The checkout that accepted it, `-dirty` when it had changes; empty outside a checkout."""
    accepted: str
    """When, in UTC."""

    def holds_for(self, ended: float) -> bool:
        """Whether it tells of what was written at `ended`: what was made again is no longer what was accepted."""
        return datetime.fromisoformat(self.accepted).timestamp() + 1 > ended  # a row tells whole seconds


COLUMNS = tuple(field.name for field in fields(Row))


class Provenance:
    """One `accepted.csv`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = self._read()
        self._last = {row.path: row for row in self.rows}

    def made_by(self, path: str, code: str, ended: float) -> str:
        """By which code an artifact was made that counts as the work of `code` and was written at `ended`.

        A row tells, unless the artifact was made again after it.
        """
        row = self._last.get(path)
        return row.made_by if row is not None and row.accepted_as == code and row.holds_for(ended) else code

    def append(self, rows: Sequence[Row], ended: float) -> None:
        """Add rows of outputs that were written at `ended`; not again what the last row of a path says already."""
        new = [row for row in rows if not self._known(row, ended)]
        if not new:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "ab") as stream:
            end = stream.seek(0, os.SEEK_END)
            whole = self.path.read_bytes().rfind(b"\n") + 1
            if whole < end:  # torn by a kill
                stream.truncate(whole)
            stream.write(_text(new, header=whole == 0))
            stream.flush()
            os.fsync(stream.fileno())
        self.rows += new
        self._last |= {row.path: row for row in new}

    def _known(self, row: Row, ended: float) -> bool:
        last = self._last.get(row.path)
        if last is None or not last.holds_for(ended):
            return False
        return (last.made_by, last.accepted_as, last.commit) == (row.made_by, row.accepted_as, row.commit)

    def _read(self) -> list[Row]:
        if not self.path.exists():
            return []
        text = self.path.read_bytes()
        complete = text[: text.rfind(b"\n") + 1].decode()
        reader = csv.DictReader(io.StringIO(complete))
        if complete and tuple(reader.fieldnames or ()) != COLUMNS:
            raise InputError(self.path, "other columns", ", ".join(COLUMNS))
        try:
            return [Row(**row) for row in reader]
        except TypeError:
            place = f"{self.path}: line {reader.line_num}"
            raise InputError(place, f"not {len(COLUMNS)} cells", ", ".join(COLUMNS)) from None


def files(experiment: str) -> tuple[Path, Path]:
    """Where it is written down what of an experiment was accepted, and what of corpora."""
    return Path(paths.ACCEPTED.format(experiment=experiment)), Path(paths.CORPORA_ACCEPTED)


def file_for(path: str, experiment: str) -> Path:
    """The one of them in which `path` belongs."""
    own, corpora = files(experiment)
    return corpora if Path(path).is_relative_to(paths.CORPORA) else own


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _text(rows: Iterable[Row], *, header: bool) -> bytes:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(map(asdict, rows))
    return stream.getvalue().encode()
