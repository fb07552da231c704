"""Fitting a latency predictor to measured samples, and saying how good it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.stats import kendalltau
from sklearn.linear_model import RidgeCV
from sklearn.metrics import mean_absolute_percentage_error, root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from hat.architecture import FEATURE_NAMES
from hat.errors import InputError
from hat.predictor.model import HIDDEN, Predictor, build_mlp, engineered
from hat.predictor.transfer import COVERAGE, transfer

MINIMUM_SAMPLES = 10
FOLDS = 5
PAPER_LINEAR_LAYERS = 3
BATCH = 128
STEPS = 2000
LEARNING_RATE = 1e-3
VALIDATE_EVERY = 50
STOPPING_SHARE = 9
"""One row of so many tells the MLP when to stop."""
RIDGE_ALPHAS = tuple(10.0**exponent for exponent in range(-6, 4))

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Row numbers: 90% to learn from and to choose by, 10% to report."""

    learn: Rows
    test: Rows

    @classmethod
    def draw(cls, rows: int, seed: int) -> Split:
        if rows < MINIMUM_SAMPLES:
            raise InputError("samples", f"{rows} are too few to fit a predictor", f"at least {MINIMUM_SAMPLES}")
        order = np.random.RandomState(seed % 2**32).permutation(rows)
        held_out = rows // 10
        return cls(order[: rows - held_out], order[rows - held_out :])

    def folds(self) -> list[tuple[Rows, Rows]]:
        """Rows to learn from and rows to validate by, `FOLDS` times: each row of `learn` validates once."""
        parts = np.array_split(self.learn, FOLDS)
        return [(np.concatenate([*parts[:number], *parts[number + 1 :]]), part) for number, part in enumerate(parts)]


@dataclass(frozen=True)
class Known:
    """What a predictor can learn from besides the samples."""

    sources: Sequence[Predictor]
    """Of other devices."""
    population: Tensor
    """(M, 10) raw features of architectures of the space."""


@dataclass(frozen=True)
class Fit:
    predictor: Predictor
    report: dict[str, Any]
    """samples, features, folds, chosen, models, split_seed. Of each model its errors on the validation folds and on the
    test split, and its prediction interval: coverage, half_width_ms and the share of the test split that it holds."""
    test: pd.DataFrame
    """Of the test split in ms: measured_ms, predicted_ms (by the chosen model), and of each model such as mlp_ms."""


def fit(
    data: pd.DataFrame,
    maxima: tuple[float, ...],
    seed: int,
    linear_layers: int = PAPER_LINEAR_LAYERS,
    split: Split | None = None,
    known: Known | None = None,
) -> Fit:
    """Fit all models to raw features (columns `FEATURE_NAMES`) and latency_ms; deterministic in `seed`.

    The chosen one has the least error in cross-validation over all but the test rows; then all learn from all of these.
    `maxima` normalise the features. `linear_layers` is the MLP's depth; the paper has three. The rows are split by
    `seed` as well, unless a `split` is given. InputError when there are fewer than ten rows.
    """
    split = split or Split.draw(len(data), seed)
    x, measured = _arrays(data)
    predictor = fit_models(data, maxima, split.learn, seed, linear_layers, known)
    predicted = {model: predictor.predict(x, model).numpy() for model in predictor.models}
    validated = {model: np.empty(len(measured)) for model in predictor.models}
    for rows, left_out in split.folds():
        partial = fit_models(data, maxima, rows, seed, linear_layers, known)
        for model, values in validated.items():
            values[left_out] = partial.predict(x[left_out], model).numpy()
    models = {}
    for model in predictor.models:
        half_width_ms = conformal(np.abs(validated[model] - measured)[split.learn], COVERAGE)
        held = np.abs(predicted[model] - measured)[split.test] <= half_width_ms
        models[model] = {
            "validation": errors(measured[split.learn], validated[model][split.learn]),
            "test": errors(measured[split.test], predicted[model][split.test]),
            "interval": {
                "coverage": COVERAGE,
                "half_width_ms": half_width_ms,
                "test_coverage": float(held.mean()),
            },
        }
    predictor.chosen = min(predictor.models, key=lambda model: models[model]["validation"]["rmse_ms"])
    report = {
        "samples": len(data),
        "features": list(FEATURE_NAMES),
        "folds": FOLDS,
        "chosen": predictor.chosen,
        "models": models,
        "split_seed": seed,
    }
    columns = {"measured_ms": measured, "predicted_ms": predicted[predictor.chosen]}
    columns |= {f"{model}_ms": predicted[model] for model in predictor.models}
    return Fit(predictor, report, pd.DataFrame(columns).iloc[split.test])


def fit_models(
    data: pd.DataFrame,
    maxima: tuple[float, ...],
    rows: Rows,
    seed: int,
    linear_layers: int = PAPER_LINEAR_LAYERS,
    known: Known | None = None,
) -> Predictor:
    """All models, fitted to these rows of `data`, which are in random order; none is chosen yet, ridge stands in."""
    x, measured = _arrays(data.iloc[rows])
    y, limits = torch.tensor(measured), torch.tensor(maxima, dtype=torch.float64)
    scale_ms = float(measured.mean())
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # sums depend on their order
    try:
        mlp = _fit_mlp((x / limits).float(), (y / scale_ms).float(), seed, linear_layers)
    finally:
        torch.set_num_threads(threads)
    ridge = fit_ridge(engineered(x, limits).numpy(), measured)
    more = None
    if known and known.sources:
        more = transfer(x, measured, limits, known.sources, known.population).coefficients
    return Predictor(maxima, mlp, scale_ms, ridge, "ridge", more)


def fit_ridge(x: Floats, y: Floats) -> Tensor:
    """(k + 1,) intercept and coefficients in ms; the penalty has the least error on rows left out in turn."""
    # scikit-learn weighs the penalty against the sum of squared errors: times N, it is against their mean
    ridge = make_pipeline(StandardScaler(), RidgeCV([alpha * len(y) for alpha in RIDGE_ALPHAS]))
    scaler, model = ridge.fit(x, y)
    slopes = model.coef_ / scaler.scale_
    return torch.tensor([model.intercept_ - scaler.mean_ @ slopes, *slopes])


def conformal(missed: Floats, coverage: float) -> float:
    """The half width of an interval that holds a new value with this chance, from errors (N,) on left-out rows.

    Split conformal prediction (Vovk et al. 2005) on the errors of cross-validation; the largest where N is too small.
    """
    rank = min(len(missed), math.ceil(coverage * (len(missed) + 1)))
    return float(np.sort(missed)[rank - 1])


def errors(measured: Floats, predicted: Floats) -> dict[str, Any]:
    """Root mean squared error in ms, mean |error| / measured, Kendall's tau (None where undefined)."""
    tau = float(kendalltau(predicted, measured).statistic) if len(measured) > 1 else float("nan")
    return {
        "rmse_ms": float(root_mean_squared_error(measured, predicted)),
        "mape": float(mean_absolute_percentage_error(measured, predicted)),
        "kendall_tau": None if np.isnan(tau) else tau,
    }


def _arrays(data: pd.DataFrame) -> tuple[Tensor, Floats]:
    """Raw features (N, 10) and latencies (N,) in ms, float64."""
    return torch.tensor(data[[*FEATURE_NAMES]].to_numpy(dtype=np.float64)), data["latency_ms"].to_numpy(np.float64)


def _fit_mlp(x: Tensor, y: Tensor, seed: int, linear_layers: int) -> nn.Sequential:
    """Adam with a cosine schedule on minibatches; the weights are kept that miss least of the rows held back.

    In torch, because scikit-learn's MLPRegressor misses 0.3 to 3.8% more on the published data sets.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        mlp = build_mlp([x.shape[1], *[HIDDEN] * (linear_layers - 1), 1])
    rng = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(mlp.parameters(), lr=LEARNING_RATE, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    held_back = max(1, len(y) // STOPPING_SHARE)
    x, y, held_x, held_y = x[:-held_back], y[:-held_back], x[-held_back:], y[-held_back:]
    best_loss, best = float("inf"), {name: weight.clone() for name, weight in mlp.state_dict().items()}
    for step in range(1, STEPS + 1):
        rows = torch.randperm(len(y), generator=rng)[:BATCH]
        loss = F.mse_loss(mlp(x[rows])[:, 0], y[rows])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        if step % VALIDATE_EVERY == 0:
            with torch.no_grad():
                missed = float(F.mse_loss(mlp(held_x)[:, 0], held_y))
            if missed < best_loss:
                best_loss, best = missed, {name: weight.clone() for name, weight in mlp.state_dict().items()}
    mlp.load_state_dict(best)
    return mlp.requires_grad_(False)
