"""Design spaces that several tests share."""

from __future__ import annotations

from dataclasses import replace

from hat.architecture import DesignSpace

# the paper's WMT space (HAT, section 3.3)
WMT = DesignSpace(
    encoder_embed_dim=(640, 512),
    encoder_layers=(6,),
    encoder_ffn_dim=(3072, 2048, 1024),
    encoder_self_heads=(8, 4),
    decoder_embed_dim=(640, 512),
    decoder_layers=(6, 5, 4, 3, 2, 1),
    decoder_ffn_dim=(3072, 2048, 1024),
    decoder_self_heads=(8, 4),
    decoder_cross_heads=(8, 4),
    decoder_attended_layers=(1, 2, 3),
)
# the same with every width, and Q, divided by 16
WMT_SIXTEENTH = replace(
    WMT,
    encoder_embed_dim=(40, 32),
    encoder_ffn_dim=(192, 128, 64),
    decoder_embed_dim=(40, 32),
    decoder_ffn_dim=(192, 128, 64),
    qkv_dim=32,
)
SMALL = DesignSpace(
    encoder_embed_dim=(32, 64),
    encoder_layers=(2,),
    encoder_ffn_dim=(64, 128),
    encoder_self_heads=(2, 4),
    decoder_embed_dim=(32, 64),
    decoder_layers=(1, 2, 3),
    decoder_ffn_dim=(64, 128),
    decoder_self_heads=(2, 4),
    decoder_cross_heads=(2, 4),
    decoder_attended_layers=(1, 2),
    qkv_dim=32,
)
TINY = DesignSpace(
    encoder_embed_dim=(8, 12),
    encoder_layers=(3,),
    encoder_ffn_dim=(8, 16),
    encoder_self_heads=(1, 2),
    decoder_embed_dim=(8, 12),
    decoder_layers=(1, 2, 3),
    decoder_ffn_dim=(8, 16),
    decoder_self_heads=(1, 2),
    decoder_cross_heads=(1, 2),
    decoder_attended_layers=(1, 2, 3),
    qkv_dim=8,
)
