"""The two tables of a search: every evaluation, and the best candidates."""

from __future__ import annotations

import os
from collections.abc import Sequence

from hat.files import write_csv
from hat.search.evolution import Evaluation


def write_history(path: str | os.PathLike[str], history: Sequence[Evaluation]) -> None:
    """One row per member of each iteration's population, in the order of scoring."""
    rows = [{"iteration": m.iteration, "origin": m.candidate.origin, **_row(m)} for m in history]
    write_csv(path, rows)


def write_candidates(path: str | os.PathLike[str], best: Sequence[Evaluation]) -> None:
    """One row per candidate, the best first: rank 1 is the search's winner."""
    write_csv(path, [{"rank": rank, **_row(m)} for rank, m in enumerate(best, start=1)])


def _row(member: Evaluation) -> dict[str, object]:
    candidate = member.candidate
    return {"loss": member.loss, "predicted_ms": candidate.predicted_ms, **candidate.sub.to_row()}
