"""Packed matrices: a table of values and a code of a few bits for each weight. Made by `hat.model.quantisation`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

import numpy as np
import torch
from torch import Tensor


class Packed(TypedDict):
    """A quantised matrix as it is stored."""

    codes: Tensor
    """uint8, `bits` bits for each weight, the first in the highest."""
    centroids: Tensor
    """float32, at most 2 ** bits."""
    shape: list[int]
    bits: int


def unpack(packed: Packed) -> Tensor:
    """The matrix (float32) of a packed one."""
    bits, size = packed["bits"], int(np.prod(packed["shape"]))
    codes = packed["codes"].numpy()
    if bits < 8:
        codes = np.packbits(np.unpackbits(codes, count=size * bits).reshape(size, bits), axis=1).ravel() >> (8 - bits)
    return packed["centroids"][torch.from_numpy(codes.astype(np.int64))].reshape(packed["shape"])


def plain(weights: Mapping[str, Tensor | Packed]) -> dict[str, Tensor]:
    """All weights by name, those that are packed unpacked."""
    return {name: unpack(weight) if isinstance(weight, dict) else weight for name, weight in weights.items()}
