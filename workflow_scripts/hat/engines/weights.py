"""The weights of a dense HAT model as numpy arrays by name: which there are, and random ones to time.

Names and shapes are those of `hat.model.transformer.Transformer`, so that a checkpoint's weights fit as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from hat.architecture import SubTransformer
from hat.engines.interface import Vocabularies

Floats = NDArray[np.float32]
Weights = Mapping[str, Floats]


def shapes(sub: SubTransformer, vocabularies: Vocabularies) -> dict[str, tuple[int, ...]]:
    """The shape of every weight of the dense model of `sub`; matrices are (outputs, inputs)."""
    encoder, decoder, q = sub.encoder_embed_dim, sub.decoder_embed_dim, sub.qkv_dim
    found: dict[str, tuple[int, ...]] = dict(_tables(sub, vocabularies))
    for layer, hidden in enumerate(sub.encoder_ffn_dims):
        place = f"encoder.{layer}"
        found |= _linear(f"{place}.attention.qkv", encoder, 3 * q) | _linear(f"{place}.attention.out", q, encoder)
        found |= _norm(f"{place}.attention_norm", encoder) | _feed_forward(place, encoder, hidden)
    for layer, hidden in enumerate(sub.decoder_ffn_dims):
        place = f"decoder.{layer}"
        found |= _linear(f"{place}.attention.qkv", decoder, 3 * q) | _linear(f"{place}.attention.out", q, decoder)
        found |= _norm(f"{place}.attention_norm", decoder)
        found |= _linear(f"{place}.cross.q", decoder, q) | _linear(f"{place}.cross.kv", encoder, 2 * q)
        found |= _linear(f"{place}.cross.out", q, decoder) | _norm(f"{place}.cross_norm", decoder)
        found |= _feed_forward(place, decoder, hidden)
    return found


def random_weights(sub: SubTransformer, vocabularies: Vocabularies, seed: int = 0) -> dict[str, Floats]:
    """Weights of the size of trained ones: what a latency needs, which depends on none of their values."""
    rng = np.random.default_rng(seed)
    return {name: _random(name, shape, rng) for name, shape in shapes(sub, vocabularies).items()}


def _random(name: str, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    if len(shape) == 1:
        return np.full(shape, float(name.endswith("norm.weight")), np.float32)
    bound = np.float32((3 / shape[1]) ** 0.5)
    values: Floats = rng.random(shape, np.float32)
    values *= 2 * bound
    values -= bound
    return values


def _tables(sub: SubTransformer, vocabularies: Vocabularies) -> Iterator[tuple[str, tuple[int, int]]]:
    encoder, decoder = sub.encoder_embed_dim, sub.decoder_embed_dim
    if vocabularies.share_embeddings:
        yield "embeddings.source_table", (vocabularies.source_vocabulary, max(encoder, decoder))
    else:
        yield "embeddings.source_table", (vocabularies.source_vocabulary, encoder)
        yield "embeddings.target_table", (vocabularies.target_vocabulary, decoder)
        yield "embeddings.output_table", (vocabularies.target_vocabulary, decoder)


def _linear(place: str, inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
    return {f"{place}.weight": (outputs, inputs), f"{place}.bias": (outputs,)}


def _norm(place: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f"{place}.weight": (width,), f"{place}.bias": (width,)}


def _feed_forward(place: str, width: int, hidden: int) -> dict[str, tuple[int, ...]]:
    found = _linear(f"{place}.ffn.expand", width, hidden) | _linear(f"{place}.ffn.contract", hidden, width)
    return found | _norm(f"{place}.ffn_norm", width)
