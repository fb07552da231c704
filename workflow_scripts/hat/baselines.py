"""Ordinary Transformers at several sizes, the baselines of Figures 7 and 8 (HAT, section 4.2).

They are SubTransformers too: Q equals the embed dim and every decoder layer attends to the last encoder layer, so
baselines and HAT models share one implementation and only architectures are compared.
"""

from __future__ import annotations

from hat.architecture import DesignSpace, SubTransformer
from hat.errors import InputError


def scaled_by_depth(space: DesignSpace, decoder_layers: int, *, ffn_ratio: int, head_dim: int) -> SubTransformer:
    """The Transformer at the widest embed dim of `space`, with the space's deepest encoder and `decoder_layers`."""
    return ordinary_transformer(
        embed_dim=space.position_dim,
        encoder_layers=max(space.encoder_layers),
        decoder_layers=decoder_layers,
        ffn_ratio=ffn_ratio,
        head_dim=head_dim,
    )


def scaled_by_width(space: DesignSpace, embed_dim: int, *, ffn_ratio: int, head_dim: int) -> SubTransformer:
    """The Transformer with `embed_dim` on both sides and the deepest encoder and decoder of `space`."""
    return ordinary_transformer(
        embed_dim=embed_dim,
        encoder_layers=max(space.encoder_layers),
        decoder_layers=max(space.decoder_layers),
        ffn_ratio=ffn_ratio,
        head_dim=head_dim,
    )


def ordinary_transformer(
    *, embed_dim: int, encoder_layers: int, decoder_layers: int, ffn_ratio: int, head_dim: int
) -> SubTransformer:
    """The Transformer of Vaswani et al. (2017): the same FFN dim (`ffn_ratio` x embed dim) and heads in all layers.

    Heads have `head_dim` channels; an embed dim narrower than that gets one head. InputError on impossible sizes.
    """
    sizes = {"embed dim": embed_dim, "encoder layers": encoder_layers, "decoder layers": decoder_layers}
    for name, size in (sizes | {"FFN ratio": ffn_ratio, "head dim": head_dim}).items():
        if size < 1:
            raise InputError("baseline", f"{name} {size}", "a positive whole number")
    if embed_dim > head_dim and embed_dim % head_dim:
        raise InputError("baseline", f"embed dim {embed_dim}", f"multiples of head dim {head_dim}")
    heads, ffn_dim = max(1, embed_dim // head_dim), ffn_ratio * embed_dim
    try:
        return SubTransformer(
            encoder_embed_dim=embed_dim,
            encoder_ffn_dims=(ffn_dim,) * encoder_layers,
            encoder_self_heads=(heads,) * encoder_layers,
            decoder_embed_dim=embed_dim,
            decoder_ffn_dims=(ffn_dim,) * decoder_layers,
            decoder_self_heads=(heads,) * decoder_layers,
            decoder_cross_heads=(heads,) * decoder_layers,
            decoder_attended_layers=(1,) * decoder_layers,
            qkv_dim=embed_dim,
            position_dim=embed_dim,
        )
    except ValueError as error:
        raise InputError("baseline", str(error)) from None
