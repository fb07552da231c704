"""A made-up latency data set in the form that HAT's authors published theirs, with stretches at another speed."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from pathlib import Path

from hat.architecture import DesignSpace
from hat.predictor.published import THEIR_FEATURES, THEIR_TIMES


def published_rows(
    space: DesignSpace, count: int, slow: Sequence[tuple[int, int, float]] = (), seed: int = 5, noise: float = 0.01
) -> list[list[float]]:
    """Rows of the authors' 14 columns; `slow` lists first row, last row and factor of each slow stretch."""
    rng = random.Random(seed)
    rows = []
    for number in range(count):
        features = space.sample(rng).features()
        decoder_ms = features[5] * (4 + features[6] / 20 + features[4] / 20 + features[9])
        factor = next((shift for first, last, shift in slow if first <= number <= last), 1.0) * rng.gauss(1, noise)
        rows.append([*features, 2.0 * factor, decoder_ms * factor, 0.1, 0.2])
    return rows


def write_published(path: Path, rows: list[list[float]]) -> Path:
    with open(path, "w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(THEIR_FEATURES + THEIR_TIMES)
        writer.writerows(rows)
    return path
