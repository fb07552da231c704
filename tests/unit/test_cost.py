"""Closed-form parameters and FLOPs against what the authors published."""

from __future__ import annotations

import random

import pytest
from hat.architecture import SubTransformer
from hat.cost import count_flops, count_macs, count_parameters
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.spaces import WMT

QUICK = settings(max_examples=40)

# Released models of the authors' README: encoder and decoder width, encoder and decoder FFN dims, attended layers,
# tokens, millions of parameters, GFLOPs. Names say task, device, latency.
PUBLISHED = {
    "wmt14ende titanxp 146.7ms": (640, 640, [3072] * 6, [3072] * 3, [1, 2, 2], 30, "51.20", "3.17"),
    "wmt14ende raspberrypi 3.5s": (512, 512, [1024, 3072, 3072, 2048, 2048, 2048], [3072], [1], 30, "25.22", "1.53"),
    "wmt14ende raspberrypi 4.0s": (512, 512, [3072, 2048] * 3, [1024, 2048], [1, 1], 30, "29.42", "1.78"),
    "wmt14enfr xeon 208.8ms": (512, 512, [3072] * 6, [3072] * 2, [1, 3], 30, "35.72", "2.23"),  # 2.225 before rounding
    "wmt14enfr raspberrypi 9.1s": (512, 512, [3072] * 6, [3072] * 6, [1, 2, 1, 2, 3, 1], 30, "56.73", "3.57"),
    "wmt14enfr xeon 394.5ms": (512, 512, [3072] * 6, [3072] * 5, [1, 3, 2, 3, 1], 30, "51.48", "3.28"),
    "wmt19ende titanxp 55.7ms": (640, 512, [3072] * 6, [3072], [2], 30, "36.89", "2.27"),
    "wmt19ende titanxp 93.2ms": (640, 512, [3072] * 6, [3072] * 2, [1, 3], 30, "42.28", "2.63"),
    "iwslt14deen titanxp 109.0ms": (512, 512, [1024] * 6, [1024, 1024, 2048], [3, 1, 1], 23, "23.13", "1.13"),
    "iwslt14deen titanxp 168.8ms": (
        *(512, 512, [1024] * 6, [2048, 2048, 2048, 1024, 1024], [3, 1, 1, 1, 1], 23, "31.54", "1.52"),
    ),
}


def transformer(
    enc: int, dec: int, enc_ffn: list[int], dec_ffn: list[int], attended: list[int], q: int = 512, heads: int = 8
) -> SubTransformer:
    return SubTransformer(
        encoder_embed_dim=enc,
        encoder_ffn_dims=tuple(enc_ffn),
        encoder_self_heads=(heads,) * len(enc_ffn),
        decoder_embed_dim=dec,
        decoder_ffn_dims=tuple(dec_ffn),
        decoder_self_heads=(heads,) * len(dec_ffn),
        decoder_cross_heads=(heads,) * len(dec_ffn),
        decoder_attended_layers=tuple(attended),
        qkv_dim=q,
        position_dim=max(640, enc, dec),
    )


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_models_to_both_decimals(name: str) -> None:
    *architecture, tokens, millions, gflops = PUBLISHED[name]
    sub = transformer(*architecture)  # type: ignore[arg-type]
    assert f"{count_parameters(sub) / 1e6:.2f}" == millions
    assert f"{count_flops(sub, tokens) / 1e9:.2f}" == gflops


@pytest.mark.parametrize(
    ("width", "ffn", "tokens", "millions", "gflops"),
    [(1024, 4096, 30, "176.36", "10.64"), (512, 2048, 30, "44.14", "2.68"), (512, 1024, 23, "31.54", "1.47")],
    ids=["Transformer-Big", "Transformer-Base", "Transformer of IWSLT"],
)
def test_the_paper_s_baselines(width: int, ffn: int, tokens: int, millions: str, gflops: str) -> None:
    """HAT, tables 2 and 8: 176M and 10.6G, 44M and 2.7G, 32M and 1.5G, with Q = width."""
    sub = transformer(width, width, [ffn] * 6, [ffn] * 6, [1] * 6, q=width)
    assert f"{count_parameters(sub) / 1e6:.2f}" == millions
    assert f"{count_flops(sub, tokens) / 1e9:.2f}" == gflops


def test_the_extremes_of_the_wmt_space() -> None:
    """HAT, table 4: the largest SubTransformer has 71M parameters."""
    assert f"{count_parameters(WMT.largest) / 1e6:.2f}" == "70.90"
    assert f"{count_flops(WMT.largest, 30) / 1e9:.2f}" == "4.53"
    assert f"{count_flops(WMT.maximum, 30) / 1e9:.2f}" == "4.78"
    assert f"{count_parameters(WMT.smallest) / 1e6:.2f}" == "15.77"


def test_one_layer_each_by_hand() -> None:
    sub = SubTransformer(
        encoder_embed_dim=2,
        encoder_ffn_dims=(3,),
        encoder_self_heads=(1,),
        decoder_embed_dim=4,
        decoder_ffn_dims=(5,),
        decoder_self_heads=(2,),
        decoder_cross_heads=(1,),
        decoder_attended_layers=(1,),
        qkv_dim=6,
        position_dim=4,
    )
    encoder = (18 * 2 + 18) + (2 * 6 + 2) + (2 * 3 + 3) + (3 * 2 + 2) + 2 * (2 + 2)
    self_attention = (18 * 4 + 18) + (4 * 6 + 4)
    cross_attention = (6 * 4 + 6) + 2 * (6 * 2 + 6) + (4 * 6 + 4)
    decoder = self_attention + cross_attention + (4 * 5 + 5) + (5 * 4 + 4) + 3 * (4 + 4)
    assert count_parameters(sub) == encoder + decoder
    n = 7
    encoder_macs = n * 2 * 18 + n * 6 * 2 + 2 * n * n * 6 + n * 2 * 3 * 2 + n * 6 + 2 * n * 2
    self_macs = n * 4 * 18 + n * 6 * 4 + 2 * n * n * 6 + n * 6
    cross_macs = n * 4 * 6 + 2 * n * 2 * 6 + n * 6 * 4 + 2 * n * n * 6 + n * 6
    decoder_macs = self_macs + cross_macs + n * 4 * 5 * 2 + 3 * n * 4
    assert count_macs(sub, n) == encoder_macs + decoder_macs + n * (2 + 4)
    assert count_flops(sub, n) == 2 * count_macs(sub, n)


@QUICK
@given(seed=st.integers(), tokens=st.integers(1, 50))
def test_nothing_in_a_space_costs_more_than_its_maximum(seed: int, tokens: int) -> None:
    sub = WMT.sample(random.Random(seed))
    assert count_parameters(WMT.smallest) <= count_parameters(sub) <= count_parameters(WMT.maximum)
    assert 0 < count_macs(sub, tokens) <= count_macs(WMT.maximum, tokens)
    assert count_macs(sub, tokens + 1) > count_macs(sub, tokens)


@QUICK
@given(seed=st.integers())
def test_heads_and_attended_layers_have_no_parameters(seed: int) -> None:
    record = WMT.sample(random.Random(seed)).to_dict()
    depth = len(record["decoder_ffn_dims"])
    wider = record | {"decoder_attended_layers": [3] * depth, "decoder_cross_heads": [1] * depth}
    narrow = record | {"decoder_attended_layers": [1] * depth, "encoder_self_heads": [2] * 6}
    assert count_parameters(SubTransformer.from_dict(wider)) == count_parameters(SubTransformer.from_dict(narrow))
    assert count_macs(SubTransformer.from_dict(wider), 30) > count_macs(SubTransformer.from_dict(narrow), 30)
