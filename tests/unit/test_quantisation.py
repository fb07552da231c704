"""K-means quantisation: centroids, packing to the bit, and what stays as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import quantise_model
import torch
from hat.errors import InputError
from hat.files import read_json
from hat.model.checkpoint import load_checkpoint, save_checkpoint
from hat.model.packing import unpack
from hat.model.quantisation import kmeans, pack, quantise
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import KMeans

from tests.spaces import TINY
from tests.unit.transformer_world import dense


def test_centroids_are_those_of_a_library() -> None:
    values = np.random.default_rng(3).normal(size=2000)
    start = np.linspace(values.min(), values.max(), 8)[:, None]
    theirs = KMeans(8, init=start, n_init=1, max_iter=300, tol=0).fit(values[:, None])
    assert np.allclose(kmeans(values, 8), np.sort(theirs.cluster_centers_.ravel()), atol=1e-6)


@given(st.integers(1, 8), st.integers(1, 5), st.integers(1, 9), st.integers(0, 1000))
def test_what_has_few_values_survives(bits: int, rows: int, columns: int, seed: int) -> None:
    levels = torch.linspace(-1, 1, 1 << bits)
    weight = levels[torch.randint(0, len(levels), (rows, columns), generator=torch.Generator().manual_seed(seed))]
    weight[0, 0], weight[-1, -1] = -1, 1  # centroids start evenly between the least and the greatest weight
    if weight.numel() > 1:
        assert torch.allclose(unpack(pack(weight, bits)), weight, atol=1e-6)


def test_codes_are_packed_to_the_bit_and_the_nearest() -> None:
    weight = torch.randn(37, 11, generator=torch.Generator().manual_seed(1))
    for bits in (1, 3, 4, 8):
        packed = pack(weight, bits)
        assert packed["codes"].numel() == -(-weight.numel() * bits // 8)
        centroids = packed["centroids"]
        nearest = centroids[(weight[..., None] - centroids).abs().argmin(-1)]
        assert torch.allclose(unpack(packed), nearest, atol=1e-5)


def test_norms_biases_and_embeddings_stay() -> None:
    model = dense(TINY.largest, share=True)
    packed = quantise(model, 4)
    assert {weight.dim() for name, weight in model.named_parameters() if name in packed} == {2}
    assert not [name for name in packed if "norm" in name or "bias" in name or "embeddings" in name]
    with_tables = quantise(model, 4, embeddings=True)
    assert {name.split(".")[0] for name in set(with_tables) - set(packed)} == {"embeddings"}
    for bits in (0, 9):
        with pytest.raises(InputError, match="1 to 8"):
            quantise(model, bits)


def test_the_file_of_a_quantised_model_is_smaller_and_loads_as_one(tmp_path: Path) -> None:
    model = dense(TINY.largest, share=True)
    save_checkpoint(tmp_path / "whole.pt", model, label_smoothing=0.1)
    words = [
        "--task",
        "t",
        "--model",
        "m",
        "--initial",
        "whole.pt",
        "--bits",
        "8",
        "--embeddings",
        "--checkpoint",
        "small.pt",
    ]
    words += ["--architecture-copy", "architecture.yaml", "--report", "report.json"]
    arguments = [str(tmp_path / word) if "." in word else word for word in words]
    quantise_model.main(quantise_model.parser().parse_args(arguments))
    found, facts = load_checkpoint(tmp_path / "small.pt")
    assert facts == {"label_smoothing": 0.1}
    ours = dict(model.named_parameters())
    for name, weight in found.named_parameters():
        spread = float(ours[name].max() - ours[name].min())
        assert float((weight - ours[name]).abs().max()) <= (spread / 255 if weight.dim() == 2 else 0)
    report = read_json(tmp_path / "report.json")
    assert report["file_bytes"] == (tmp_path / "small.pt").stat().st_size
    assert report["unquantised_file_bytes"] == (tmp_path / "whole.pt").stat().st_size
    assert list(report.items())[:4] == [("task", "t"), ("model", "m"), ("bits", 8), ("embeddings", True)]
