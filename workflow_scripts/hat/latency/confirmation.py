"""Confirming a search on its device: the best candidate that really keeps the latency budget is taken."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hat.architecture import SubTransformer
from hat.errors import InputError
from hat.files import read_csv
from hat.latency.signature import Latency
from hat.progress import say


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A SubTransformer that the search found; rank 1 has the least loss."""

    rank: int
    loss: float
    predicted_ms: float
    sub: SubTransformer


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    """The candidate taken. `fits` is False when no candidate kept the budget: then it is the fastest of them."""

    candidate: Candidate
    latency: Latency
    fits: bool
    tried: list[dict[str, float]]
    """rank, loss, predicted_ms and measured latency_ms of each candidate measured, in order."""

    def to_dict(self) -> dict[str, Any]:
        return {
            "predicted_ms": self.candidate.predicted_ms,
            **self.latency.to_dict(),
            "rank": self.candidate.rank,
            "loss": self.candidate.loss,
            "fits": self.fits,
            "tried": self.tried,
        }


def read_candidates(path: str | os.PathLike[str]) -> list[Candidate]:
    """The rows of a search's candidates.csv, best first. InputError names the line that is wrong."""
    candidates = []
    for number, row in enumerate(read_csv(path, ("rank", "loss", "predicted_ms")), start=2):
        place = f"{os.fspath(path)}: line {number}"
        try:
            rank, loss, predicted_ms = int(row["rank"]), float(row["loss"]), float(row["predicted_ms"])
        except ValueError as error:
            raise InputError(place, str(error), "numbers") from None
        sub = SubTransformer.from_row(row, place)
        candidates.append(Candidate(rank=rank, loss=loss, predicted_ms=predicted_ms, sub=sub))
    return sorted(candidates, key=lambda candidate: candidate.rank)


def confirm(
    candidates: Sequence[Candidate], budget_ms: float, measure: Callable[[SubTransformer], Latency]
) -> Confirmed:
    """Measure the candidates, best first, until one is within `budget_ms`; when none is, the fastest is taken."""
    tried: list[tuple[Candidate, Latency]] = []
    for candidate in candidates:
        latency = measure(candidate.sub)
        tried.append((candidate, latency))
        say(
            f"confirm: rank {candidate.rank}: {latency.latency_ms:.2f} ms measured, "
            f"{candidate.predicted_ms:.2f} predicted, budget {budget_ms:.2f}"
        )
        if latency.latency_ms <= budget_ms:
            break
    else:
        say(f"confirm: none of the {len(tried)} candidates is within {budget_ms:.2f} ms; the fastest of them is taken")
    fits = tried[-1][1].latency_ms <= budget_ms
    candidate, latency = tried[-1] if fits else min(tried, key=lambda pair: pair[1].latency_ms)
    return Confirmed(
        candidate=candidate,
        latency=latency,
        fits=fits,
        tried=[
            {"rank": c.rank, "loss": c.loss, "predicted_ms": c.predicted_ms, "latency_ms": round(m.latency_ms, 6)}
            for c, m in tried
        ],
    )
