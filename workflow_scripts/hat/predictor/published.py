"""The latency data sets that HAT's authors published: averaged features and the latency of 2000 SubTransformers each.

A row does not tell its architecture, only the ten features of the predictor. Its series was measured without an anchor,
so that stretches of another speed are found afterwards (`hat.predictor.drift`) and marked.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hat.architecture import FEATURE_NAMES
from hat.errors import InputError
from hat.frames import read_frame, write_frame
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
    """A published data set in the order of its measurement."""

    frame: pd.DataFrame
    """The columns `FEATURE_NAMES`, `TIMES`, latency_ms (encoder plus decoder), drift (the machine's slowness: 1, or
    that of the row's stretch), order (from 0)."""
    stretches: Sequence[Stretch]

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> PublishedSamples:
        """From a file as the authors published it. InputError names the column that is missing or the line at fault."""
        theirs = [*THEIR_FEATURES, *THEIR_TIMES]
        frame = read_frame(path, numbers=theirs, at_least=0)[theirs].set_axis([*FEATURE_NAMES, *TIMES], axis=1)
        latency_ms = frame["encoder_ms"] + frame["decoder_ms"]
        if not latency_ms.all():
            raise InputError(f"{os.fspath(path)}: line {2 + int(latency_ms.argmin())}", "no latency", "milliseconds")
        features = frame[[*FEATURE_NAMES]].to_numpy(dtype=np.float64)
        found = stretches(features, latency_ms.to_numpy(), features.max(axis=0).tolist())
        drift = np.ones(len(frame))
        for stretch in found:
            drift[stretch.first : stretch.last + 1] = stretch.shift
        return cls(frame.assign(latency_ms=latency_ms, drift=drift, order=range(len(frame))), found)

    def write(self, path: str | os.PathLike[str]) -> None:
        """As this project's samples.csv, without whole architectures: times to the nanosecond."""
        forms = dict.fromkeys(FEATURE_NAMES, "{:.10g}") | dict.fromkeys((*TIMES, "latency_ms", "drift"), "{:.6f}")
        texts = {name: self.frame[name].map(form.format) for name, form in forms.items()}
        write_frame(path, self.frame.assign(**texts))
