"""The latency data sets that HAT's authors published: averaged features and the latency of 2000 SubTransformers each.

A row does not tell its architecture, only the ten features of the predictor. Its series was measured without an anchor,
so that stretches of another speed are found afterwards (`hat.predictor.drift`) and marked.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hat.architecture import FEATURE_NAMES
from hat.errors import InputError
from hat.files import read_csv, write_csv
from hat.predictor.drift import Stretch, stretches

THEIR_FEATURES = (
    "encoder_embed_dim",
    "encoder_layer_num",
    "encoder_ffn_embed_dim_avg",
    "encoder_self_attention_heads_avg",
    "decoder_embed_dim",
    "decoder_layer_num",
    "decoder_ffn_embed_dim_avg",
    "decoder_self_attention_heads_avg",
    "decoder_ende_attention_heads_avg",
    "decoder_arbitrary_ende_attn_avg",
)
"""The authors' columns in the order of `FEATURE_NAMES`."""
THEIR_TIMES = ("latency_mean_encoder", "latency_mean_decoder", "latency_std_encoder", "latency_std_decoder")
TIMES = ("encoder_ms", "decoder_ms", "encoder_std_ms", "decoder_std_ms")


@dataclass(frozen=True)
class PublishedSamples:
    """A published data set in the order of its measurement: N rows."""

    features: NDArray[np.float64]
    """(N, 10)"""
    times: NDArray[np.float64]
    """(N, 4) in ms, the columns `TIMES`."""
    drift: NDArray[np.float64]
    """(N,) the machine's slowness: 1, or that of the row's stretch."""
    stretches: Sequence[Stretch]

    @property
    def latency_ms(self) -> NDArray[np.float64]:
        """(N,) encoder plus decoder."""
        return self.times[:, 0] + self.times[:, 1]

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> PublishedSamples:
        """From a file as the authors published it. InputError names the column that is missing or the line at fault."""
        numbers = read_numbers(path, THEIR_FEATURES + THEIR_TIMES)
        features, times = numbers[:, :10], numbers[:, 10:]
        latency_ms = times[:, 0] + times[:, 1]
        if not latency_ms.all():
            raise InputError(f"{os.fspath(path)}: line {2 + int(latency_ms.argmin())}", "no latency", "milliseconds")
        found = stretches(features, latency_ms, features.max(axis=0).tolist())
        drift = np.ones(len(numbers))
        for stretch in found:
            drift[stretch.first : stretch.last + 1] = stretch.shift
        return cls(features, times, drift, found)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Under this project's names: features, times, latency_ms, drift, order."""
        rows = zip(self.features, self.times, self.latency_ms, self.drift, strict=True)
        write_csv(path, [_row(*numbers, order) for order, numbers in enumerate(rows)])


def read_numbers(path: str | os.PathLike[str], columns: Sequence[str]) -> NDArray[np.float64]:
    """The `columns` of a CSV file, (N, columns). InputError unless all of their cells are positive numbers or zero."""
    rows = read_csv(path, columns)
    for line, row in enumerate(rows, start=2):
        for name in columns:
            try:
                legal = 0 <= float(row[name]) < float("inf")
            except ValueError:
                legal = False
            if not legal:
                raise InputError(f"{os.fspath(path)}: line {line}", f"{name}: {row[name]!r}", "a number")
    return np.array([[float(row[name]) for name in columns] for row in rows])


def _row(
    features: NDArray[np.float64], times: NDArray[np.float64], latency_ms: float, drift: float, order: int
) -> dict[str, Any]:
    return {
        **{name: f"{value:.10g}" for name, value in zip(FEATURE_NAMES, features, strict=True)},
        **{name: f"{value:.6f}" for name, value in zip(TIMES, times, strict=True)},
        "latency_ms": f"{latency_ms:.6f}",
        "drift": f"{drift:.6f}",
        "order": order,
    }
