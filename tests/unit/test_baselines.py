"""Ordinary Transformers: the paper's own sizes, both scalings, impossible sizes."""

from __future__ import annotations

import pytest
from hat.architecture import DesignSpace
from hat.baselines import ordinary_transformer, scaled_by_depth, scaled_by_width
from hat.cost import count_flops, count_parameters
from hat.errors import InputError


@pytest.mark.parametrize(
    ("embed_dim", "ffn_ratio", "heads", "sentence_length", "parameters_m", "flops_g"),
    [
        pytest.param(1024, 4, 16, 30, 176.36, 10.64, id="Transformer-Big"),
        pytest.param(512, 4, 8, 30, 44.14, 2.68, id="Transformer-Base"),
        pytest.param(512, 2, 8, 23, 31.54, 1.47, id="IWSLT"),
    ],
)
def test_the_papers_baselines(
    embed_dim: int, ffn_ratio: int, heads: int, sentence_length: int, parameters_m: float, flops_g: float
) -> None:
    sub = ordinary_transformer(
        embed_dim=embed_dim, encoder_layers=6, decoder_layers=6, ffn_ratio=ffn_ratio, head_dim=64
    )
    assert sub.encoder_self_heads == sub.decoder_self_heads == sub.decoder_cross_heads == (heads,) * 6
    assert round(count_parameters(sub) / 1e6, 2) == parameters_m
    assert round(count_flops(sub, sentence_length) / 1e9, 2) == flops_g


def test_depth_scaling_changes_the_decoder_alone(tiny_space: DesignSpace) -> None:
    one, five = (scaled_by_depth(tiny_space, layers, ffn_ratio=2, head_dim=4) for layers in (1, 5))
    assert (one.encoder_layers, one.decoder_layers) == (3, 1)
    assert (five.encoder_layers, five.decoder_layers) == (3, 5)
    for sub in (one, five):
        assert sub.encoder_embed_dim == sub.decoder_embed_dim == sub.qkv_dim == sub.position_dim == 12
        assert set(sub.encoder_ffn_dims + sub.decoder_ffn_dims) == {24}
        assert set(sub.decoder_cross_heads) == {3}
        assert set(sub.decoder_attended_layers) == {1}


def test_width_scaling_changes_both_sides(tiny_space: DesignSpace) -> None:
    sub = scaled_by_width(tiny_space, 20, ffn_ratio=4, head_dim=4)
    assert (sub.encoder_layers, sub.decoder_layers) == (3, 3)
    assert sub.encoder_embed_dim == sub.decoder_embed_dim == sub.qkv_dim == sub.position_dim == 20
    assert set(sub.encoder_ffn_dims + sub.decoder_ffn_dims) == {80}
    assert set(sub.encoder_self_heads) == {5}


def test_the_two_scalings_meet_at_the_largest(tiny_space: DesignSpace) -> None:
    depth = scaled_by_depth(tiny_space, 3, ffn_ratio=2, head_dim=4)
    assert depth == scaled_by_width(tiny_space, 12, ffn_ratio=2, head_dim=4)


def test_an_embed_dim_narrower_than_a_head_gets_one_head(tiny_space: DesignSpace) -> None:
    assert set(scaled_by_width(tiny_space, 6, ffn_ratio=2, head_dim=64).decoder_self_heads) == {1}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"decoder_layers": 0}, "decoder layers 0; legal: a positive whole number"),
        ({"ffn_ratio": -1}, "FFN ratio -1"),
        ({"embed_dim": 100}, "embed dim 100; legal: multiples of head dim 64"),
        ({"embed_dim": 63}, "position_dim 63 must be even"),
    ],
)
def test_impossible_sizes(change: dict[str, int], told: str) -> None:
    sizes = {"embed_dim": 64, "encoder_layers": 1, "decoder_layers": 1, "ffn_ratio": 2, "head_dim": 64}
    with pytest.raises(InputError, match="baseline") as caught:
        ordinary_transformer(**{**sizes, **change})
    assert told in str(caught.value)
