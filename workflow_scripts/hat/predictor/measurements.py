"""What a latency predictor learns from: features and latencies, measured here or published by others."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hat.architecture import FEATURE_NAMES, DesignSpace
from hat.errors import InputError
from hat.files import read_csv
from hat.latency.samples import read_samples
from hat.predictor.published import read_numbers


@dataclass(frozen=True)
class Measurements:
    """The rows of a samples.csv in their order."""

    features: NDArray[np.float64]
    """(N, 10) raw, in the order of `FEATURE_NAMES`."""
    latency_ms: NDArray[np.float64]
    """(N,)"""
    steady: NDArray[np.bool_]
    """(N,) False where the machine ran at another speed and nothing was timed in turn to correct for it."""

    @classmethod
    def load(cls, path: str | os.PathLike[str], space: DesignSpace, name: str) -> Measurements:
        """A samples.csv with whole architectures, all of them in `space` (called `name`), or one with features alone.

        InputError names the line that is wrong.
        """
        if FEATURE_NAMES[-1] in read_csv(path)[0]:
            numbers = read_numbers(path, (*FEATURE_NAMES, "latency_ms", "drift"))
            return cls(numbers[:, :-2], numbers[:, -2], numbers[:, -1] == 1)
        samples = read_samples(path)
        for line, sample in enumerate(samples, start=2):
            if sample.sub not in space:
                raise InputError(f"{os.fspath(path)}: line {line}", f"not in the design space {name}")
        features = np.array([sample.sub.features() for sample in samples])
        latency_ms = np.array([sample.latency_ms for sample in samples])
        return cls(features, latency_ms, np.ones(len(samples), dtype=bool))

    def only_steady(self) -> Measurements:
        return Measurements(self.features[self.steady], self.latency_ms[self.steady], self.steady[self.steady])
