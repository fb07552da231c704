"""Matrices as 8-bit integers with one scale for each row, symmetric about zero."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hat.engines.weights import Floats

LARGEST = 127
SMALLEST_SCALE = 1e-12
"""For rows of zeros."""


def quantise_rows(matrix: Floats) -> tuple[NDArray[np.int8], Floats]:
    """(N, inputs) -> the integers, likewise, and the scales (N,): integer times scale is nearest to the weight."""
    scales = np.maximum(np.abs(matrix).max(1), SMALLEST_SCALE).astype(np.float32) / np.float32(LARGEST)
    return np.rint(matrix / scales[:, None]).astype(np.int8), scales
