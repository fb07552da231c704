"""What a latency predictor learns from: features and latencies, measured here or published by others."""

from __future__ import annotations

import os

import pandas as pd

from hat.architecture import FEATURE_NAMES, DesignSpace
from hat.errors import InputError
from hat.frames import read_frame
from hat.latency.doubt import is_doubtful
from hat.latency.samples import read_samples


def read_measurements(path: str | os.PathLike[str], space: DesignSpace, name: str) -> pd.DataFrame:
    """The rows of a samples.csv in their order: raw features as `FEATURE_NAMES`, latency_ms, steady.

    steady is False where the machine ran at another speed and nothing was timed in turn to correct for it, or where
    the latency stayed doubtful. The file
    has whole architectures, all of them in `space` (called `name`), or features alone, as published ones have.

    InputError names the line that is wrong.
    """
    columns = [*FEATURE_NAMES, "latency_ms", "drift"]
    if FEATURE_NAMES[-1] in read_frame(path).columns:
        published = read_frame(path, numbers=columns, at_least=0)[columns]
        return published.assign(steady=published["drift"] == 1).drop(columns="drift")
    samples = read_samples(path)
    for line, sample in enumerate(samples, start=2):
        if sample.sub not in space:
            raise InputError(f"{os.fspath(path)}: line {line}", f"not in the design space {name}")
    features = pd.DataFrame([sample.sub.features() for sample in samples], columns=FEATURE_NAMES)
    steady = [not is_doubtful(sample.numbers) for sample in samples]
    return features.assign(latency_ms=[sample.latency_ms for sample in samples], steady=steady)
