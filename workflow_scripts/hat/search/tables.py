"""The two tables of a search: its history, and its candidates by rank."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from hat.architecture import SubTransformer
from hat.errors import InputError
from hat.files import finite, read_csv, write_csv
from hat.search.evolution import Evaluation


@dataclass(frozen=True, kw_only=True)
class RankedCandidate:
    """A SubTransformer that a search scored: a row of candidates.csv. Rank 1 has the least loss."""

    rank: int
    loss: float
    predicted_ms: float
    sub: SubTransformer

    def to_row(self) -> dict[str, Any]:
        return {"rank": self.rank, "loss": self.loss, "predicted_ms": self.predicted_ms, **self.sub.to_row()}

    @classmethod
    def from_row(cls, row: dict[str, str], place: str) -> Self:
        try:
            rank, loss, predicted_ms = int(row["rank"]), finite(row["loss"]), finite(row["predicted_ms"])
        except ValueError as error:
            raise InputError(place, str(error), "numbers") from None
        return cls(rank=rank, loss=loss, predicted_ms=predicted_ms, sub=SubTransformer.from_row(row, place))


def ranked(history: Iterable[Evaluation]) -> list[RankedCandidate]:
    """The distinct architectures of a whole search, the best first; of equals the faster."""
    distinct = [member for member in history if member.candidate.origin != "parent"]
    return [
        RankedCandidate(rank=rank, loss=m.loss, predicted_ms=m.candidate.predicted_ms, sub=m.candidate.sub)
        for rank, m in enumerate(sorted(distinct, key=lambda m: (m.loss, m.candidate.predicted_ms)), start=1)
    ]


def write_history(path: str | os.PathLike[str], history: Sequence[Evaluation], place: Mapping[str, str]) -> None:
    """One row per member of each iteration's population, in the order of scoring; `place`: task, device, budget."""
    rows = [
        {
            **place,
            "iteration": member.iteration,
            "origin": member.candidate.origin,
            "loss": member.loss,
            "predicted_ms": member.candidate.predicted_ms,
            **member.candidate.sub.to_row(),
        }
        for member in history
    ]
    write_csv(path, rows)


def write_candidates(
    path: str | os.PathLike[str], candidates: Sequence[RankedCandidate], place: Mapping[str, str]
) -> None:
    """One row per candidate; `place`: task, device, budget."""
    write_csv(path, [{**place, **candidate.to_row()} for candidate in candidates])


def read_candidates(path: str | os.PathLike[str]) -> list[RankedCandidate]:
    """The rows of a candidates.csv, best first. InputError names the line that is wrong."""
    rows = enumerate(read_csv(path, ("rank", "loss", "predicted_ms")), start=2)
    candidates = [RankedCandidate.from_row(row, f"{os.fspath(path)}: line {number}") for number, row in rows]
    return sorted(candidates, key=lambda candidate: candidate.rank)
