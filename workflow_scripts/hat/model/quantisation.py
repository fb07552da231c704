"""K-means quantisation of weights (HAT, section 4.2): a matrix keeps 2 ** bits values and a code for each weight.

Norms and biases stay as they are, and embedding tables unless asked for. Models become smaller, not faster.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hat.errors import InputError
from hat.model.packing import Packed
from hat.model.transformer import Transformer

ITERATIONS = 300
"""At most, as the paper has it."""
EMBEDDINGS = "embeddings."

Floats = NDArray[np.float64]


def quantise(model: Transformer, bits: int, *, embeddings: bool = False) -> dict[str, Packed]:
    """The matrices of `model` by name, packed; with `embeddings` its tables, too. InputError unless 1 to 8 bits."""
    if not 1 <= bits <= 8:
        raise InputError("bits", str(bits), "1 to 8")
    matrices = {name: weight for name, weight in model.named_parameters() if weight.dim() == 2}
    return {
        name: pack(weight, bits) for name, weight in matrices.items() if embeddings or not name.startswith(EMBEDDINGS)
    }


def pack(weight: Tensor, bits: int) -> Packed:
    """A matrix with the nearest of 2 ** bits centroids for each weight; see `hat.model.packing.unpack`."""
    values = weight.detach().cpu().double().numpy().ravel()
    centroids = kmeans(values, 1 << bits)
    codes = np.searchsorted((centroids[1:] + centroids[:-1]) / 2, values).astype(np.uint8)
    packed = codes if bits == 8 else np.packbits(np.unpackbits(codes[:, None], axis=1)[:, -bits:])
    table = torch.from_numpy(centroids.astype(np.float32))
    return Packed(codes=torch.from_numpy(packed), centroids=table, shape=list(weight.shape), bits=bits)


def kmeans(values: Floats, clusters: int) -> Floats:
    """The centroids of one-dimensional `values`, ascending: Lloyd's iteration from centroids evenly over their range.

    On sorted values a cluster is a slice, and its mean a difference of two running sums.
    """
    ordered = np.sort(values)
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    centroids = np.linspace(ordered[0], ordered[-1], clusters)
    for _ in range(ITERATIONS):
        bounds = np.searchsorted(ordered, (centroids[1:] + centroids[:-1]) / 2)
        edges = np.concatenate([[0], bounds, [len(ordered)]])
        counts = np.diff(edges)
        means = np.diff(sums[edges]) / np.maximum(counts, 1)
        moved = np.where(counts > 0, means, centroids)
        if np.array_equal(moved, centroids):
            break
        centroids = moved
    return centroids
