"""Exact parameters and FLOPs of a SubTransformer, in closed form.

Both follow the published tables: embedding tables and the output layer are left out; one FLOP is half a multiply-add of
one full forward pass over a sentence pair whose two sides have the same length (30 tokens for WMT, 23 for IWSLT).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hat.architecture import SubTransformer

STORED = {"float32": (4, 0), "int8": (1, 12)}
"""By number format, as a TFLite file has them: bytes of a matrix's weight, and of each of its rows, whose scale takes 4
and whose zero point 8. Vectors are fp32 in both."""
HOST_SCALE = 4
"""Bytes of the scale that comes with a row of a table of int8 outside of the graphs."""


def count_parameters(sub: SubTransformer) -> int:
    """Weights of the dense model without embeddings and output layer. Heads and attended layers cost none."""
    return sum(rows * columns + rows for rows, columns in _linear_maps(sub)) + _norms(sub)


def count_bytes(sub: SubTransformer, dtype: str, vocabularies: Sequence[int]) -> int:
    """Bytes of the weights of the dense model as it is shipped in one number format, each weight once.

    `dtype` is one of `STORED`. `vocabularies` is (V,) where both languages share one table, which is the output layer,
    too; else (source, target), with three tables.
    """
    weight, row = STORED[dtype]
    host = HOST_SCALE if row else 0
    enc, dec = sub.encoder_embed_dim, sub.decoder_embed_dim
    target = vocabularies[-1]
    if len(vocabularies) == 1:
        tables = [(target, enc - dec)] if enc > dec else []
    else:
        tables = [(vocabularies[0], enc), (target, dec)]
    maps = [*_linear_maps(sub), (target, dec)]
    vectors = sum(rows for rows, _ in _linear_maps(sub)) + _norms(sub)
    return (
        4 * vectors
        + sum(rows * (columns * weight + row) for rows, columns in maps)
        + sum(rows * (columns * weight + host) for rows, columns in tables)
        + target * host  # embeddings, too, are made of the output layer's rows
    )


def _linear_maps(sub: SubTransformer) -> Iterator[tuple[int, int]]:
    """(outputs, inputs) of each but the output layer; each has a bias."""
    q, enc, dec = sub.qkv_dim, sub.encoder_embed_dim, sub.decoder_embed_dim
    for hidden in sub.encoder_ffn_dims:
        yield from ((3 * q, enc), (enc, q), (hidden, enc), (enc, hidden))
    for hidden in sub.decoder_ffn_dims:
        yield from ((3 * q, dec), (dec, q), (q, dec), (2 * q, enc), (dec, q), (hidden, dec), (dec, hidden))


def _norms(sub: SubTransformer) -> int:
    """Weights of all layer norms: a scale and a shift for each channel."""
    return 4 * sub.encoder_embed_dim * sub.encoder_layers + 6 * sub.decoder_embed_dim * sub.decoder_layers


def count_macs(sub: SubTransformer, sentence_length: int) -> int:
    """Multiply-adds of one teacher-forced forward pass, batch 1, without the vocabulary projection.

    Counted: linear maps without bias, both attention products, query scaling (Q per position and attention), one per
    layer-norm output and one per scaled embedding element. Reproduces all 44 published rows to their two decimals.
    """
    n, q, enc, dec = sentence_length, sub.qkv_dim, sub.encoder_embed_dim, sub.decoder_embed_dim
    encoder = sum(
        n * (4 * q * enc + 2 * enc * hidden) + 2 * n * n * q + n * q + 2 * n * enc for hidden in sub.encoder_ffn_dims
    )
    decoder = sum(
        n * 4 * q * dec  # self-attention projections
        + 2 * n * n * q
        + n * 2 * q * dec  # cross-attention: query and output
        + attended * n * 2 * q * enc  # cross-attention: keys and values of every attended encoder layer
        + 2 * attended * n * n * q
        + n * 2 * dec * hidden
        + 2 * n * q
        + 3 * n * dec
        for hidden, attended in zip(sub.decoder_ffn_dims, sub.decoder_attended_layers, strict=True)
    )
    return encoder + decoder + n * (enc + dec)


def count_flops(sub: SubTransformer, sentence_length: int) -> int:
    """FLOPs = 2 x multiply-adds (see `count_macs`)."""
    return 2 * count_macs(sub, sentence_length)
