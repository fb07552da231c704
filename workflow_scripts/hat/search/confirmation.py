"""Confirming a search on its device: the best candidate that really keeps the latency budget is taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hat.architecture import SubTransformer
from hat.latency.signature import Latency
from hat.progress import say
from hat.search.tables import RankedCandidate

AT_MOST = 25
"""So many candidates are measured before none is taken to fit."""


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    """The candidate taken. `fits` is False when none that was measured kept the budget: then it is their fastest."""

    candidate: RankedCandidate
    latency: Latency
    fits: bool
    gave_up_after: int | None
    """The number of candidates measured in vain when there were more; None when it did not come to that."""
    tried: list[dict[str, float]]
    """rank, loss, predicted_ms and measured latency_ms of each candidate measured, in order."""

    def to_dict(self) -> dict[str, Any]:
        return {
            "predicted_ms": self.candidate.predicted_ms,
            **self.latency.to_dict(),
            "rank": self.candidate.rank,
            "loss": self.candidate.loss,
            "fits": self.fits,
            "gave_up_after": self.gave_up_after,
            "tried": self.tried,
        }


def confirm(
    candidates: Sequence[RankedCandidate],
    budget_ms: float,
    measure: Callable[[SubTransformer], Latency],
    at_most: int = AT_MOST,
) -> Confirmed:
    """Measure up to `at_most` candidates, best first, until one is within `budget_ms`; else the fastest is taken.

    A miss within the measurement's uncertainty is none.
    """
    tried: list[tuple[RankedCandidate, Latency]] = []
    fits = False
    for candidate in candidates[:at_most]:
        latency = measure(candidate.sub)
        tried.append((candidate, latency))
        say(
            f"confirm: rank {candidate.rank}: {latency.latency_ms:.2f} ms measured (drift {latency.drift:.2f}), "
            f"{candidate.predicted_ms:.2f} predicted, budget {budget_ms:.2f}"
        )
        if fits := latency.latency_ms - latency.uncertainty_ms <= budget_ms:
            break
    else:
        said = f"none of the {len(tried)} candidates measured, of {len(candidates)}, is within {budget_ms:.2f} ms"
        say(f"confirm: {said}; the fastest of them is taken")
    candidate, latency = tried[-1] if fits else min(tried, key=lambda pair: pair[1].latency_ms)
    return Confirmed(
        candidate=candidate,
        latency=latency,
        fits=fits,
        gave_up_after=None if fits or len(tried) == len(candidates) else len(tried),
        tried=[
            {"rank": c.rank, "loss": c.loss, "predicted_ms": c.predicted_ms, "latency_ms": round(m.latency_ms, 6)}
            for c, m in tried
        ],
    )
