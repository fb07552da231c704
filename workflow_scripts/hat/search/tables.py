"""The two tables of a search: every evaluation, and the best candidates."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence

from hat.files import replacing
from hat.search.evolution import Evaluation


def write_history(path: str | os.PathLike[str], history: Sequence[Evaluation]) -> None:
    """One row per member of each iteration's population, in the order of scoring."""
    rows = [{"iteration": m.iteration, "origin": m.candidate.origin, **_row(m)} for m in history]
    _write(path, rows)


def write_candidates(path: str | os.PathLike[str], best: Sequence[Evaluation]) -> None:
    """One row per candidate, the best first: rank 1 is the search's winner."""
    _write(path, [{"rank": rank, **_row(m)} for rank, m in enumerate(best, start=1)])


def _row(member: Evaluation) -> dict[str, object]:
    candidate = member.candidate
    return {"loss": member.loss, "predicted_ms": candidate.predicted_ms, **candidate.sub.to_row()}


def _write(path: str | os.PathLike[str], rows: list[dict[str, object]]) -> None:
    with replacing(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, rows[0], lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
