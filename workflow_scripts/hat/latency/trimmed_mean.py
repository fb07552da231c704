"""The trimmed mean of timed runs, and how uncertain it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def trimmed(times: ArrayLike, share: float) -> tuple[float, float]:
    """Mean and standard deviation without the lowest and highest `share` of `times`: at least one each of three."""
    kept = _kept(np.sort(np.asarray(times, dtype=float)), _dropped(np.size(times), share))
    return float(kept.mean()), float(kept.std())


def half_width(times: ArrayLike, share: float) -> float:
    """Of the 95% interval of the trimmed mean of two or more `times`, as a share of it (Yuen 1974).

    Where trimming leaves less than two of them, which have no spread, the interval is that of fewer dropped.
    """
    ordered = np.sort(np.asarray(times, dtype=float))
    drop = min(_dropped(len(ordered), share), (len(ordered) - 2) // 2)
    kept = _kept(ordered, drop)
    freedom = len(kept) - 1
    winsorised = np.clip(ordered, kept[0], kept[-1])
    error = winsorised.std() * np.sqrt(len(ordered) / (len(kept) * freedom))
    quantile = 1.96 + 2.37 / freedom + 2.82 / freedom**2 + 2.56 / freedom**3  # Student's t, expanded
    return float(quantile * error / kept.mean())


def _dropped(runs: int, share: float) -> int:
    """At each end."""
    return max(int(share * runs), 1 if share > 0 and runs >= 3 else 0)


def _kept(ordered: NDArray[np.float64], drop: int) -> NDArray[np.float64]:
    return ordered[drop : len(ordered) - drop]
