"""What latency is made of: products of an architecture's features, the same for every library that computes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

DECODER_LAYERS = 5
"""Which feature is the decoder's depth (`hat.architecture.FEATURE_NAMES`)."""


def layer_products(features: Iterable[Any]) -> list[Any]:
    """Depth times what it multiplies: eleven products of the ten features, each a number or an array of them.

    A layer costs what its widths, FFN, heads and attended layers cost, and a model the sum over its layers: depth times
    the layers' mean is that sum.
    """
    enc_dim, enc_layers, enc_ffn, enc_heads, dec_dim, dec_layers, dec_ffn, self_heads, cross_heads, attended = features
    return [
        enc_layers * enc_dim,
        enc_layers * enc_ffn,
        enc_layers * enc_heads,
        enc_layers * enc_ffn * enc_dim,
        dec_layers * dec_dim,
        dec_layers * dec_ffn,
        dec_layers * self_heads,
        dec_layers * cross_heads,
        dec_layers * attended,
        dec_layers * dec_ffn * dec_dim,
        dec_layers * attended * enc_dim,
    ]
