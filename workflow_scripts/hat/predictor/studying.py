"""How good latency predictors are on one data set: by their kind and depth, the rows they learn from, and how many.

All trials report the error on the same test rows, so that they compare; those on steady rows alone have a test split of
steady rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
import torch

from hat.architecture import FEATURE_NAMES
from hat.predictor.fitting import PAPER_LINEAR_LAYERS, Split, errors, fit, fit_models

LINEAR_LAYERS = (1, 3, 5)
"""The paper's depth, one layer as it compares with, and five as the authors' code has it."""
CURVE = (100, 200, 400, 800)
FEW_SEEDS = 2
"""Repetitions of trials at another depth than the paper's, or on part of the rows; and of the choice."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """The test error of one fitted model."""

    rows: Literal["all", "steady"]
    """Whether rows of stretches at another speed took part."""
    model: str
    """mlp or ridge"""
    linear_layers: int
    """Of the MLP beside which it was fitted."""
    train: int
    """Rows that it learned from."""
    seed: int
    chosen: bool | None
    """Whether cross-validation takes it; None where it was not asked: it takes five times as long."""
    rmse_ms: float
    mape: float
    kendall_tau: float | None


def study(data: pd.DataFrame, maxima: tuple[float, ...], split_seed: int, seeds: Sequence[int]) -> Iterator[Trial]:
    """Yield the trials: the MLP at three depths and ridge beside it, with and without drifted rows; learning curves.

    `data` is what `read_measurements` gives. The seeds are those of the MLP's first weights and of the subsets that the
    learning curves learn from.
    """
    split = Split.draw(len(data), split_seed)
    for depth in LINEAR_LAYERS:
        own = depth == PAPER_LINEAR_LAYERS
        for number, seed in enumerate(seeds if own else seeds[:FEW_SEEDS]):
            yield from _trials(data, maxima, split, seed, "all", depth, choose=own and number < FEW_SEEDS)
    for seed in seeds[:FEW_SEEDS]:
        for size in (size for size in CURVE if size < len(split.learn)):
            rows = np.random.RandomState(seed).permutation(split.learn)[:size]
            yield from _trials(data, maxima, replace(split, learn=rows), seed, "all", PAPER_LINEAR_LAYERS)
    if not data["steady"].all():
        steady = data[data["steady"]]
        split = Split.draw(len(steady), split_seed)
        for seed in seeds[:FEW_SEEDS]:
            yield from _trials(steady, maxima, split, seed, "steady", PAPER_LINEAR_LAYERS, choose=True)


def planned_fits(data: pd.DataFrame, seeds: Sequence[int]) -> int:
    """How many times `study` yields a pair of trials."""
    largest = len(Split.draw(len(data), 0).learn)
    few = len(LINEAR_LAYERS) - 1 + sum(size < largest for size in CURVE) + (not data["steady"].all())
    return len(seeds) + few * len(seeds[:FEW_SEEDS])


def _trials(
    data: pd.DataFrame,
    maxima: tuple[float, ...],
    split: Split,
    seed: int,
    rows: Literal["all", "steady"],
    linear_layers: int,
    choose: bool = False,
) -> Iterator[Trial]:
    """A trial for each model."""
    chosen = None
    if choose:
        fitted = fit(data, maxima, seed, linear_layers, split)
        predictor, chosen = fitted.predictor, fitted.predictor.chosen
    else:
        predictor = fit_models(data, maxima, split.learn, seed, linear_layers)
    test = data.iloc[split.test]
    features, measured = torch.tensor(test[[*FEATURE_NAMES]].to_numpy(np.float64)), test["latency_ms"].to_numpy()
    for model in predictor.models:
        yield Trial(
            rows=rows,
            model=model,
            linear_layers=linear_layers,
            train=len(split.learn),
            seed=seed,
            chosen=None if chosen is None else model == chosen,
            **errors(measured, predictor.predict(features, model).numpy()),
        )
