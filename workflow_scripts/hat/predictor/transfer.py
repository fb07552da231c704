"""Learning a new device from few samples and from what is known of other devices.

What the predictors of other devices say of an architecture stands beside the engineered features in one ridge
regression with two penalties: a weak one on the other devices, which differ from this one mostly in scale, and one on
each feature that is the weaker the more the known devices differ in it. Both penalties are those under which the
samples are most likely (evidence, MacKay 1992): with few samples that misses less than leaving each out in turn does.

All of it is linear in the engineered features, so what comes out is a row of coefficients like ridge's own.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import t as student
from torch import Tensor

from hat.architecture import DesignSpace
from hat.features import layer_products
from hat.predictor.model import Predictor, engineered

COVERAGE = 0.9
POPULATION = 1000
SOURCE_VARIANCES = tuple(10.0**exponent for exponent in range(-2, 6))
FEATURE_VARIANCES = tuple(10.0**exponent for exponent in range(-6, 4))
"""Prior variances of the coefficients of standardised columns, in units of the noise's."""
LEAST_SPREAD = 1e-3
"""What a feature may differ in that no two known devices differ in, as a share of the largest variance."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Transferred:
    """A linear model of the latency."""

    coefficients: Tensor
    """(k + 1,) float64: the intercept, then one for each engineered feature, in ms."""
    half_width_ms: float
    """Of a prediction interval that holds `COVERAGE` of new architectures: Student's t on the left-out errors."""


def transfer(
    features: Tensor, latency_ms: Floats, maxima: Tensor, sources: Sequence[Predictor], population: Tensor
) -> Transferred:
    """Learn from samples, raw features (N, 10) and latencies (N,), and from the predictors of other devices, if any.

    `population` (M, 10) are raw features of architectures of the space, over which all columns are standardised; their
    latency need not be known. ValueError when there are fewer than three samples.
    """
    if len(latency_ms) < 3:
        raise ValueError(f"{len(latency_ms)} samples, at least 3 are needed")
    everywhere = engineered(population, maxima).numpy()
    spread = everywhere.std(axis=0)
    # columns as linear maps of the engineered features: those that never vary in the space get no weight
    own = np.diag(np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0))
    groups, grids = [own], [FEATURE_VARIANCES]
    if sources:
        known = np.stack([in_terms_of(source, maxima).numpy()[1:] for source in sources], axis=1)
        known = known / (everywhere @ known).std(axis=0).clip(min=np.finfo(float).tiny)
        groups = [known, own * _freedom(known * spread[:, None])]
        grids = [SOURCE_VARIANCES, FEATURE_VARIANCES]
    found = engineered(features, maxima).numpy()
    centre, mean_ms = found.mean(axis=0), float(latency_ms.mean())
    left = latency_ms - mean_ms
    parts = [(found - centre) @ group for group in groups]
    variances = max(itertools.product(*grids), key=lambda each: _evidence(_scaled(parts, each), left))
    columns = _scaled(parts, variances)
    u, s, vt = np.linalg.svd(columns, full_matrices=False)
    slopes = _scaled(groups, variances) @ (vt.T @ (s / (1 + s**2) * (u.T @ left)))
    leverage = (u**2) @ (s**2 / (1 + s**2)) + 1 / len(left)
    left_out = (left - (found - centre) @ slopes) / np.maximum(1 - leverage, np.finfo(float).eps)
    wide = student.ppf((1 + COVERAGE) / 2, len(left) - 1) * np.sqrt((left_out**2).mean() * (1 + 1 / len(left)))
    return Transferred(torch.tensor([mean_ms - centre @ slopes, *slopes]), float(wide))


def draw_population(space: DesignSpace, seed: int) -> Tensor:
    """(M, 10) raw features of random architectures of a space."""
    rng = random.Random(f"{seed}:population")
    return torch.tensor([space.sample(rng).features() for _ in range(POPULATION)], dtype=torch.float64)


def in_terms_of(source: Predictor, maxima: Tensor) -> Tensor:
    """The source's linear model for features that are normalised by `maxima` instead of the source's own.

    A decoder depth that the source's space does not have gets no weight of its own.
    """
    ratio = maxima / source.maxima
    one_hot = torch.zeros(int(maxima[5]), dtype=torch.float64)
    theirs = source.coefficients
    depths = theirs[11 : 11 + int(source.maxima[5])][: len(one_hot)]
    one_hot[: len(depths)] = depths
    products = theirs[11 + int(source.maxima[5]) :] * torch.stack(layer_products(ratio))
    return torch.cat((theirs[:1], theirs[1:11] * ratio, one_hot, products))


def _freedom(known: Floats) -> Floats:
    """(k,) how far each feature's coefficient may differ on a new device, from those of known devices (k, devices)."""
    variance = known.var(axis=1)
    if not variance.max() > 0:
        return np.ones(len(known))
    freedom = np.sqrt(variance + LEAST_SPREAD * variance.max())
    scale: float = np.sqrt((freedom**2).mean())
    return np.asarray(freedom / scale)


def _scaled(parts: Sequence[Floats], variances: Sequence[float]) -> Floats:
    return np.hstack([part * np.sqrt(variance) for part, variance in zip(parts, variances, strict=True)])


def _evidence(columns: Floats, left: Floats) -> float:
    """Log likelihood (up to a constant) of centred latencies (N,) under unit priors on these columns (N, d).

    The variance of the noise is the most likely one.
    """
    u, s, _ = np.linalg.svd(columns, full_matrices=False)
    along = (u.T @ left) ** 2
    noise = (left @ left - (along * s**2 / (1 + s**2)).sum()) / (len(left) - 1)
    return float(-(len(left) - 1) * np.log(max(noise, np.finfo(float).tiny)) - np.log1p(s**2).sum())
