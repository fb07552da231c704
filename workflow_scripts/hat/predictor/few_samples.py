"""How well a new device is learned from few samples: alone and from other devices, random samples and chosen ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from hat.architecture import FEATURE_NAMES, DesignSpace
from hat.latency.choosing import CHOSEN, informative
from hat.predictor.fitting import errors, fit_ridge
from hat.predictor.model import Predictor, engineered
from hat.predictor.transfer import draw_population, transfer

SIZES = (5, 10, 20, 50, 100, 200)
TEST_ROWS = 400
CANDIDATES = 600
"""From so many random rows each draw takes its samples: choosing among all would give the same ones each time."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a predictor that learned from few samples misses on the test rows, which all trials share."""

    sources: str
    """none, or which other devices' predictors it learned from."""
    selection: str
    """random, chosen (`hat.latency.choosing`), or all: every row that is no test row."""
    samples: int
    draw: int
    mean_ms: float
    """Mean latency of the test rows."""
    rmse_ms: float
    mape: float
    kendall_tau: float | None
    half_width_ms: float | None
    """Of its 90% prediction interval; None of ridge on all rows."""
    coverage: float | None
    """The share of the test rows that the interval holds."""


def study(
    data: pd.DataFrame,
    space: DesignSpace,
    sources: Mapping[str, Sequence[Predictor]],
    seed: int,
    draws: int,
) -> Iterator[Trial]:
    """Yield the trials, first that of ridge on all rows, with which the others compare.

    `data` are the steady rows of `read_measurements`; `sources` names groups of other devices' predictors. Sizes above
    half the rows are left out.
    """
    rng = np.random.RandomState(seed % 2**32)
    order = rng.permutation(len(data))
    held_out = min(TEST_ROWS, len(data) // 4)
    test, rest = order[:held_out], order[held_out:]
    maxima = torch.tensor(space.feature_maxima(), dtype=torch.float64)
    features = torch.tensor(data[[*FEATURE_NAMES]].to_numpy(np.float64))
    x, measured = engineered(features, maxima).numpy(), data["latency_ms"].to_numpy(np.float64)
    population = draw_population(space, seed)

    def trial(weights: Tensor, half_width_ms: float | None, **which: object) -> Trial:
        predicted = float(weights[0]) + x[test] @ weights[1:].numpy()
        held = None if half_width_ms is None else float((np.abs(predicted - measured[test]) <= half_width_ms).mean())
        found = {"mean_ms": float(measured[test].mean()), **errors(measured[test], predicted)}
        return Trial(**which, **found, half_width_ms=half_width_ms, coverage=held)  # type: ignore[arg-type]

    whole = fit_ridge(x[rest], measured[rest])
    yield trial(whole, None, sources="none", selection="all", samples=len(rest), draw=0)
    for draw in range(draws):
        drawn = rng.permutation(rest)[:CANDIDATES]
        for selection, rows in (("random", drawn), ("chosen", _chosen_first(features.numpy(), drawn))):
            for size in sizes(len(data)):
                taken = rows[:size]
                for name, predictors in {"none": (), **sources}.items():
                    found = transfer(features[taken], measured[taken], maxima, predictors, population)
                    which = {"sources": name, "selection": selection, "samples": size, "draw": draw}
                    yield trial(found.coefficients, found.half_width_ms, **which)


def sizes(rows: int) -> list[int]:
    return [size for size in SIZES if size <= rows // 2]


def planned_trials(rows: int, groups: int, draws: int) -> int:
    """How many trials `study` yields with so many groups of sources."""
    return 1 + draws * 2 * len(sizes(rows)) * (1 + groups)


def _chosen_first(features: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows as a collection takes them: some that teach most, then the others as they come."""
    chosen = rows[informative(features[rows], CHOSEN)]
    return np.concatenate([chosen, rows[~np.isin(rows, chosen)]])
