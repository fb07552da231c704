"""Stretches of a latency data set in which the machine ran at another speed: its clock, heat, other work.

Measurements of neighbouring rows share the machine's speed and nothing else, for their architectures are random. So
what a model of the latency misses in a whole neighbourhood, in one direction, is the machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import find_objects, label, median_filter
from scipy.optimize import least_squares

from hat.predictor.model import engineered

NEIGHBOURHOOD = 15
TOLERANCE = 0.06
SHORTEST = 8
OUTLIER = 0.01
"""Residuals (of the logarithm) beyond this pull on the fit by their sign more than by their size."""


@dataclass(frozen=True)
class Stretch:
    """Rows `first` to `last` (from 0, both included) whose latency is `shift` times that of the others, 1.25 say."""

    first: int
    last: int
    shift: float


def stretches(features: NDArray[np.float64], latency_ms: NDArray[np.float64], maxima: Sequence[float]) -> list[Stretch]:
    """Where rows in the order of their measurement, features (N, 10) and latencies (N,), drift by over 6%.

    A robust fit of the latency's logarithm, then the median of its residuals over 15 neighbouring rows.
    """
    columns = engineered(torch.from_numpy(features), torch.tensor(maxima, dtype=torch.float64)).numpy()
    design, target = np.column_stack((np.ones(len(columns)), columns)), np.log(latency_ms)
    start = np.linalg.lstsq(design, target, rcond=None)[0]
    fitted = least_squares(lambda x: design @ x - target, start, jac=lambda _: design, loss="soft_l1", f_scale=OUTLIER)
    missed = target - design @ fitted.x
    groups, _ = label(np.abs(median_filter(missed, NEIGHBOURHOOD, mode="reflect")) > TOLERANCE)
    return [
        Stretch(rows.start, rows.stop - 1, float(np.exp(np.median(missed[rows]))))
        for (rows,) in find_objects(groups)
        if rows.stop - rows.start >= SHORTEST
    ]
