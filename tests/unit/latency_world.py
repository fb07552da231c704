"""A small design space and made-up latencies that the latency tests share."""

from __future__ import annotations

from hat.architecture import DesignSpace
from hat.latency.signature import Latency, Signature

SPACE = DesignSpace(
    encoder_embed_dim=(8, 16),
    encoder_layers=(1, 2),
    encoder_ffn_dim=(8, 16, 24),
    encoder_self_heads=(1, 2),
    decoder_embed_dim=(8, 16),
    decoder_layers=(1, 2, 3),
    decoder_ffn_dim=(8, 16, 24),
    decoder_self_heads=(1, 2),
    decoder_cross_heads=(1, 2),
    decoder_attended_layers=(1, 2),
    qkv_dim=8,
)

SIGNATURE = Signature(
    device="bench",
    engine="torch_eager",
    engine_version="1.0",
    processor="a processor",
    dtype="float32",
    threads=1,
    cores=2,
    memory_gb=8,
    beam=5,
    sentence_length=10,
    source_vocabulary=20,
    target_vocabulary=30,
    runs=4,
    dry_runs=1,
    trim=0.1,
    anchor=SPACE.smallest.key,
    commit=None,
)


def latency(ms: float, anchor_ms: float = 7.0) -> Latency:
    """A raw latency, a tenth of it in the encoder."""
    return Latency(
        encoder_ms=ms / 10,
        decoder_ms=ms * 9 / 10,
        encoder_std_ms=0.01,
        decoder_std_ms=0.02,
        uncertainty_ms=0.05,
        p50_ms=ms,
        p90_ms=ms * 1.1,
        anchor_ms=anchor_ms,
        runs=3,
        signature=SIGNATURE,
    )
