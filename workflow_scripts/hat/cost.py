"""Exact parameters and FLOPs of a SubTransformer, in closed form.

Both follow the published tables: embedding tables and the output layer are left out; one FLOP is half a multiply-add of
one full forward pass over a sentence pair whose two sides have the same length (30 tokens for WMT, 23 for IWSLT).
"""

from __future__ import annotations

from hat.architecture import SubTransformer


def count_parameters(sub: SubTransformer) -> int:
    """Weights of the dense model without embeddings and output layer. Heads and attended layers cost none."""
    q, enc, dec = sub.qkv_dim, sub.encoder_embed_dim, sub.decoder_embed_dim

    def self_attention(width: int) -> int:
        return (3 * q * width + 3 * q) + (q * width + width)

    def ffn(width: int, hidden: int) -> int:
        return 2 * width * hidden + hidden + width

    cross_attention = (q * dec + 2 * q * enc + 3 * q) + (q * dec + dec)
    encoder = sum(self_attention(enc) + ffn(enc, hidden) + 4 * enc for hidden in sub.encoder_ffn_dims)
    decoder = sum(self_attention(dec) + cross_attention + ffn(dec, hidden) + 6 * dec for hidden in sub.decoder_ffn_dims)
    return encoder + decoder


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
