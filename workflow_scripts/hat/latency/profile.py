"""Architectures that differ from the largest of a space in one dimension alone (HAT, figure 2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hat.architecture import DesignSpace, SubTransformer

STEPS = 4
"""Equal steps in which widths grow up to the greatest."""
LISTS = ("ffn_dims", "self_heads", "cross_heads", "attended_layers")


def variants(space: DesignSpace) -> list[tuple[str, int, SubTransformer]]:
    """Dimension, value and architecture: the largest of the space, which differs in that value alone.

    It attends to the last encoder layer only. Widths need not be choices of the space: they show how latency grows.
    """
    whole = space.maximum
    whole = replace(whole, decoder_attended_layers=(1,) * whole.decoder_layers)
    found = [("embed dim", width, _wide(whole, width)) for width in _widths(space.position_dim)]
    widest = max(*whole.encoder_ffn_dims, *whole.decoder_ffn_dims)
    found += [("FFN dim", width, _all(whole, ffn_dims=width)) for width in _widths(widest)]
    found += [("decoder layers", layers, _deep(whole, layers)) for layers in range(1, whole.decoder_layers + 1)]
    found += [("heads", heads, _all(whole, self_heads=heads, cross_heads=heads)) for heads in _heads(whole)]
    most = min(max(space.decoder_attended_layers), whole.encoder_layers)
    found += [("attended encoder layers", n, _all(whole, attended_layers=n)) for n in range(1, most + 1)]
    return found


def _widths(greatest: int) -> list[int]:
    """Even widths up to the greatest."""
    return sorted({max(2, greatest * step // STEPS // 2 * 2) for step in range(1, STEPS + 1)})


def _heads(whole: SubTransformer) -> Iterator[int]:
    """1, 2, 4, ... up to the most heads of any attention, as far as they divide Q."""
    most = max(*whole.encoder_self_heads, *whole.decoder_self_heads, *whole.decoder_cross_heads)
    heads = 1
    while heads <= most:
        if whole.qkv_dim % heads == 0:
            yield heads
        heads *= 2


def _wide(sub: SubTransformer, width: int) -> SubTransformer:
    return replace(sub, encoder_embed_dim=width, decoder_embed_dim=width)


def _all(sub: SubTransformer, **values: int) -> SubTransformer:
    """The same value in all layers of both sides."""
    lists: dict[str, Any] = {
        f"{side}_{name}": (value,) * layers
        for name, value in values.items()
        for side, layers in (("encoder", sub.encoder_layers), ("decoder", sub.decoder_layers))
        if hasattr(sub, f"{side}_{name}")
    }
    return replace(sub, **lists)


def _deep(sub: SubTransformer, layers: int) -> SubTransformer:
    return replace(sub, **{f"decoder_{name}": getattr(sub, f"decoder_{name}")[:layers] for name in LISTS})
