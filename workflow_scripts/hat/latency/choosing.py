"""Which SubTransformers to measure where only few can be: those that teach a latency predictor most.

D-optimal design (Fedorov 1972), greedily: the next one is the candidate about whose latency the others say least, for
ridge regression on the predictor's engineered features. docs/results/published says what that gains.
"""

from __future__ import annotations

import random

import numpy as np
from numpy.typing import NDArray

from hat.architecture import DesignSpace, SubTransformer
from hat.features import DECODER_LAYERS, layer_products
from hat.latency.samples import draw_samples

CHOSEN = 50
"""More of them gain little, and their unusual architectures would crowd the test rows of a small collection."""
CANDIDATES = 1000
NOISE = 0.1
"""Variance of a measurement, as a share of that of the latency: keeps twins of a chosen one out."""

Floats = NDArray[np.float64]


def choose_samples(space: DesignSpace, seed: int, count: int) -> list[SubTransformer]:
    """`count` distinct SubTransformers: up to `CHOSEN` that teach most, then random ones.

    The first n are the same whatever `count` is. InputError as `draw_samples`.
    """
    rng = random.Random(f"{seed}:candidates")
    candidates = list(dict.fromkeys(space.sample(rng) for _ in range(CANDIDATES)))
    order = informative(np.array([sub.features() for sub in candidates], dtype=float), min(count, CHOSEN))
    drawn = draw_samples(space, seed, count)
    return list(dict.fromkeys([candidates[row] for row in order] + drawn))[:count]


def informative(features: Floats, count: int) -> list[int]:
    """The numbers of `count` rows of raw features (N, 10), at most N, those that teach most first."""
    depths = features[:, DECODER_LAYERS, None] == np.unique(features[:, DECODER_LAYERS])
    columns = np.column_stack([features, depths, *layer_products(features.T)])
    spread = columns.std(axis=0)
    varying = (columns - columns.mean(axis=0))[:, spread > 0] / spread[spread > 0]
    covariance = 1 + varying @ varying.T / max(1, varying.shape[1])
    chosen: list[int] = []
    for _ in range(min(count, len(features))):
        open_to_choice = np.diag(covariance).copy()
        open_to_choice[chosen] = -1
        best = int(open_to_choice.argmax())
        chosen.append(best)
        known = covariance[best]
        covariance = covariance - np.outer(known, known) / (known[best] + NOISE)
    return chosen
