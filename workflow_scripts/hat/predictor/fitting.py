"""Fitting a latency predictor to measured samples, and saying how good it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.stats import kendalltau
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_percentage_error, root_mean_squared_error
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from hat.architecture import FEATURE_NAMES
from hat.errors import InputError
from hat.predictor.model import HIDDEN, MODELS, Predictor, build_mlp, engineered

MINIMUM_SAMPLES = 10
PAPER_LINEAR_LAYERS = 3
BATCH = 128
STEPS = 2000
LEARNING_RATE = 1e-3
VALIDATE_EVERY = 50
RIDGE_ALPHAS = tuple(10.0**exponent for exponent in range(-6, 4))


@dataclass(frozen=True)
class Split:
    """Row numbers: 80% to fit, 10% to choose by, 10% to report."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]

    @classmethod
    def draw(cls, rows: int, seed: int) -> Split:
        if rows < MINIMUM_SAMPLES:
            raise InputError("samples", f"{rows} are too few to fit a predictor", f"at least {MINIMUM_SAMPLES}")
        order = np.random.RandomState(seed % 2**32).permutation(rows)
        held_out = rows // 10
        return cls(order[: rows - 2 * held_out], order[rows - 2 * held_out : rows - held_out], order[rows - held_out :])


@dataclass(frozen=True)
class Fit:
    predictor: Predictor
    report: dict[str, Any]
    """samples, features, chosen, models (validation and test error of each), split_seed."""
    test: pd.DataFrame
    """Of the test split in ms: measured_ms, predicted_ms (by the chosen model), mlp_ms, ridge_ms."""


def fit(
    data: pd.DataFrame,
    maxima: tuple[float, ...],
    seed: int,
    linear_layers: int = PAPER_LINEAR_LAYERS,
    split: Split | None = None,
) -> Fit:
    """Fit both models to raw features (columns `FEATURE_NAMES`) and latency_ms; deterministic in `seed`.

    `maxima` normalise the features. `linear_layers` is the MLP's depth; the paper has three. The rows are split by
    `seed` as well, unless a `split` is given. InputError when there are fewer than ten rows.
    """
    split = split or Split.draw(len(data), seed)
    x = torch.tensor(data[[*FEATURE_NAMES]].to_numpy(dtype=np.float64))
    measured = data["latency_ms"].to_numpy(dtype=np.float64)
    y, limits = torch.tensor(measured), torch.tensor(maxima, dtype=torch.float64)
    scale_ms = float(y[split.train].mean())
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # sums depend on their order
    try:
        mlp = _fit_mlp((x / limits).float(), (y / scale_ms).float(), split, seed, linear_layers)
    finally:
        torch.set_num_threads(threads)
    ridge = _fit_ridge(engineered(x, limits).numpy(), measured, split)
    predictor = Predictor(maxima, mlp, scale_ms, ridge, "mlp")
    predicted = {model: predictor.predict(x, model).numpy() for model in MODELS}
    models = {
        model: {
            name: _errors(measured[rows], predicted[model][rows])
            for name, rows in (("validation", split.validation), ("test", split.test))
        }
        for model in MODELS
    }
    predictor.chosen = min(MODELS, key=lambda model: models[model]["validation"]["rmse_ms"])
    report = {
        "samples": len(data),
        "features": list(FEATURE_NAMES),
        "chosen": predictor.chosen,
        "models": models,
        "split_seed": seed,
    }
    columns = {"measured_ms": measured, "predicted_ms": predicted[predictor.chosen]}
    columns |= {f"{model}_ms": predicted[model] for model in MODELS}
    return Fit(predictor, report, pd.DataFrame(columns).iloc[split.test])


def _fit_mlp(x: Tensor, y: Tensor, split: Split, seed: int, linear_layers: int) -> nn.Sequential:
    """Adam with a cosine schedule on minibatches; the weights with the best validation error are kept.

    In torch, because scikit-learn's MLPRegressor misses 0.3 to 3.8% more on the published data sets.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        mlp = build_mlp([x.shape[1], *[HIDDEN] * (linear_layers - 1), 1])
    rng = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(mlp.parameters(), lr=LEARNING_RATE, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    train, validation = torch.from_numpy(split.train), torch.from_numpy(split.validation)
    best_loss, best = float("inf"), {name: weight.clone() for name, weight in mlp.state_dict().items()}
    for step in range(1, STEPS + 1):
        rows = train[torch.randperm(len(train), generator=rng)[:BATCH]]
        loss = F.mse_loss(mlp(x[rows])[:, 0], y[rows])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        if step % VALIDATE_EVERY == 0:
            with torch.no_grad():
                validated = float(F.mse_loss(mlp(x[validation])[:, 0], y[validation]))
            if validated < best_loss:
                best_loss, best = validated, {name: weight.clone() for name, weight in mlp.state_dict().items()}
    mlp.load_state_dict(best)
    return mlp.requires_grad_(False)


def _fit_ridge(x: NDArray[np.float64], y: NDArray[np.float64], split: Split) -> Tensor:
    """(k + 1,) intercept and coefficients in ms; the penalty is the one with the least validation error."""
    ridge = make_pipeline(StandardScaler(), Ridge())
    search = GridSearchCV(
        ridge,
        # scikit-learn weighs the penalty against the sum of squared errors: times N, it is against their mean
        {"ridge__alpha": [alpha * len(split.train) for alpha in RIDGE_ALPHAS]},
        scoring="neg_mean_squared_error",
        cv=[(split.train, split.validation)],
        refit=False,  # it would be to the test rows, too
    ).fit(x, y)
    scaler, model = ridge.set_params(**search.best_params_).fit(x[split.train], y[split.train])
    slopes = model.coef_ / scaler.scale_
    return torch.tensor([model.intercept_ - scaler.mean_ @ slopes, *slopes])


def _errors(measured: NDArray[np.float64], predicted: NDArray[np.float64]) -> dict[str, Any]:
    """Root mean squared error in ms, mean |error| / measured, Kendall's tau (None where undefined)."""
    tau = float(kendalltau(predicted, measured).statistic) if len(measured) > 1 else float("nan")
    return {
        "rmse_ms": float(root_mean_squared_error(measured, predicted)),
        "mape": float(mean_absolute_percentage_error(measured, predicted)),
        "kendall_tau": None if np.isnan(tau) else tau,
    }
