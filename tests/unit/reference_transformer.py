"""A Transformer forward pass in NumPy, one sentence at a time, written from the paper's description alone.

Slow, without batches, masks, caches or slices: padding never enters, and every loop that can be a loop is one.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hat.architecture import SubTransformer

Array = np.ndarray[Any, np.dtype[np.float64]]


def logits(sub: SubTransformer, weights: dict[str, Array], source: list[int], previous: list[int]) -> Array:
    """Token ids without padding -> (target length, vocabulary). `weights` are those of a dense model."""
    shared = "embeddings.target_table" not in weights
    source_table = weights["embeddings.source_table"]
    target_table = source_table if shared else weights["embeddings.target_table"]
    output_table = source_table if shared else weights["embeddings.output_table"]

    x = _embed(source, source_table, sub.encoder_embed_dim, sub.position_dim)
    outputs = []
    for layer in range(sub.encoder_layers):
        at = f"encoder.{layer}"
        q, k, v = _fused(x, weights, f"{at}.attention.qkv", 3)
        attended = _attention(q, k, v, sub.encoder_self_heads[layer], causal=False)
        x = _norm(x + _linear(attended, weights, f"{at}.attention.out"), weights, f"{at}.attention_norm")
        x = _norm(x + _feed_forward(x, weights, f"{at}.ffn"), weights, f"{at}.ffn_norm")
        outputs.append(x)

    y = _embed(previous, target_table, sub.decoder_embed_dim, sub.position_dim)
    for layer in range(sub.decoder_layers):
        at = f"decoder.{layer}"
        q, k, v = _fused(y, weights, f"{at}.attention.qkv", 3)
        attended = _attention(q, k, v, sub.decoder_self_heads[layer], causal=True)
        y = _norm(y + _linear(attended, weights, f"{at}.attention.out"), weights, f"{at}.attention_norm")
        memory = np.concatenate([outputs[-1 - back] for back in range(sub.decoder_attended_layers[layer])])
        q = _linear(y, weights, f"{at}.cross.q")
        k, v = _fused(memory, weights, f"{at}.cross.kv", 2)
        attended = _attention(q, k, v, sub.decoder_cross_heads[layer], causal=False)
        y = _norm(y + _linear(attended, weights, f"{at}.cross.out"), weights, f"{at}.cross_norm")
        y = _norm(y + _feed_forward(y, weights, f"{at}.ffn"), weights, f"{at}.ffn_norm")
    return y @ output_table[:, : sub.decoder_embed_dim].T


def _embed(tokens: list[int], table: Array, width: int, position_dim: int) -> Array:
    """Scaled embeddings plus the first `width` columns of a `position_dim` wide sinusoidal table, from place 2 on."""
    rows = []
    for place, token in enumerate(tokens, start=2):
        half = position_dim // 2
        angles = [place / 10000 ** (i / (half - 1)) for i in range(half)]
        wave = [math.sin(angle) for angle in angles] + [math.cos(angle) for angle in angles]
        rows.append([table[token, i] * math.sqrt(width) + wave[i] for i in range(width)])
    return np.array(rows)


def _attention(q: Array, k: Array, v: Array, heads: int, causal: bool) -> Array:
    size = q.shape[1] // heads
    result = np.zeros_like(q)
    for head in range(heads):
        channels = slice(head * size, (head + 1) * size)
        for row in range(len(q)):
            seen = row + 1 if causal else len(k)
            scores = k[:seen, channels] @ q[row, channels] / math.sqrt(size)
            share = np.exp(scores - scores.max())
            result[row, channels] = share @ v[:seen, channels] / share.sum()
    return result


def _norm(x: Array, weights: dict[str, Array], name: str) -> Array:
    centred = x - x.mean(axis=1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)
    return centred / deviation * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def _feed_forward(x: Array, weights: dict[str, Array], name: str) -> Array:
    return _linear(np.maximum(_linear(x, weights, f"{name}.expand"), 0), weights, f"{name}.contract")


def _fused(x: Array, weights: dict[str, Array], name: str, parts: int) -> list[Array]:
    return np.split(_linear(x, weights, name), parts, axis=1)


def _linear(x: Array, weights: dict[str, Array], name: str) -> Array:
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
