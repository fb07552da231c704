"""Drift: did the machine run at one speed throughout? An anchor architecture, measured again and again, tells.

Clocks, heat and neighbours shift measurements by a factor for minutes; half of the published latency files contain
such stretches. A sample's drift is the latency of a neighbouring anchor over the median of all anchors: of the anchors
before and after it, the one that is further off.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from hat.architecture import DesignSpace, SubTransformer

TOLERANCE = 0.05


def anchor(space: DesignSpace) -> SubTransformer:
    """The mid-sized architecture of a space: the middle choice of every gene."""
    return space.decode([choices[len(choices) // 2] for choices in space.genes()])


def drifts(anchors: Sequence[float | None]) -> list[float | None]:
    """The drift of each measurement of a series. `anchors` holds an anchor's latency, None where a sample was measured.

    The result is None at the anchors themselves. ValueError when a sample has no anchor on either side.
    """
    reference = median(latency for latency in anchors if latency is not None)
    before = _latest(anchors)
    after = _latest(anchors[::-1])[::-1]
    return [
        max((x / reference for x in pair if x is not None), key=deviation) if here is None else None
        for here, pair in zip(anchors, zip(before, after, strict=True), strict=True)
    ]


def deviation(drift: float) -> float:
    """How far a drift is from none."""
    return abs(drift - 1)


def drifted(drift: float) -> bool:
    return deviation(drift) > TOLERANCE


def _latest(anchors: Sequence[float | None]) -> list[float | None]:
    """At each place the latest anchor up to there."""
    latest: float | None = None
    found = []
    for latency in anchors:
        latest = latest if latency is None else latency
        found.append(latest)
    return found
