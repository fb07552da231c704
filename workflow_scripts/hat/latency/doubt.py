"""Whether a latency is that of a quiet machine, as its own numbers tell (`hat.latency.signature.NUMBERS`)."""

from __future__ import annotations

from collections.abc import Mapping

FEWEST_RUNS = 10
"""Fewer tell nothing of this."""
MEDIAN_APART, DRIFT_APART = 1.25, 2.0
"""How many times larger or smaller a latency may be than its median, and the machine slower or faster than usual."""


def disturbance(numbers: Mapping[str, float]) -> float:
    """How far a latency is beyond the bounds of a quiet machine: 1 at the bounds, less within."""
    if numbers["runs"] < FEWEST_RUNS:
        return 0.0
    median = _apart(numbers["latency_ms"], numbers["p50_ms"])
    return max(median / MEDIAN_APART, _apart(numbers["drift"], 1.0) / DRIFT_APART)


def is_doubtful(numbers: Mapping[str, float]) -> bool:
    return disturbance(numbers) > 1


def _apart(one: float, other: float) -> float:
    return max(one, other) / min(one, other) if min(one, other) > 0 else float("inf")
