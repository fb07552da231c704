"""The Lite Transformer (Wu et al. 2020): half the channels attend far, half convolve nearby; flat feed-forward."""

from __future__ import annotations

import torch
from hat.architecture import SubTransformer
from hat.model.layers import CrossAttention, FeedForward, SelfAttention
from torch import Tensor, nn

from hat_fairseq.rivals.convolutions import DynamicConvolution
from hat_fairseq.rivals.shared import Cache, Rival, RivalLayer, remembered

WIDTHS = (3, 7, 15, 31)
"""Of the convolutions of the first layers; all further ones are as wide as the last."""


def lite_transformer(
    architecture: SubTransformer, *, dropout: float = 0.0, attention_dropout: float = 0.0, **facts: int | bool
) -> Rival:
    """The Lite Transformer with the width, the heads and the layers of an ordinary Transformer."""
    width, heads = architecture.decoder_embed_dim, architecture.decoder_self_heads[0]
    sizes = (width, max(1, heads // 2), heads, dropout, attention_dropout)
    encoder = [EncoderLayer(*sizes, _width(layer)) for layer in range(architecture.encoder_layers)]
    decoder = [DecoderLayer(*sizes, _width(layer)) for layer in range(architecture.decoder_layers)]
    return Rival(architecture, encoder, decoder, dropout=dropout, final_norm=False, **facts)  # type: ignore[arg-type]


class LongShortRangeAttention(nn.Module):
    """Self-attention over the first half of the channels, dynamic convolution over the other."""

    def __init__(self, channels: int, heads: int, attention_dropout: float, filter_width: int, causal: bool) -> None:
        super().__init__()
        self.far, self.causal = channels - channels // 2, causal
        self.attention = SelfAttention(self.far, self.far, heads, attention_dropout)
        self.convolution = DynamicConvolution(channels // 2, heads, filter_width, causal)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """x (B, T, channels); `mask` (B, T), True at tokens."""
        far, near = x[..., : self.far], x[..., self.far :]
        attended = self.attention(far, None if mask is None else mask[:, None, None], self.causal)
        return torch.cat((attended, self.convolution(near, None if mask is None else mask[..., None])), dim=-1)

    def step(self, x: Tensor, cache: Cache) -> Tensor:
        far, near = x[..., : self.far], x[..., self.far :]
        attended = remembered(cache, "past", self.attention.step(far, cache.get("past")))
        return torch.cat((attended, remembered(cache, "near", self.convolution.step(near, cache.get("near")))), dim=-1)


class EncoderLayer(nn.Module):
    def __init__(
        self, channels: int, half_heads: int, heads: int, dropout: float, attention_dropout: float, filter_width: int
    ) -> None:
        super().__init__()
        self.drop = nn.Dropout(dropout)
        self.attention = LongShortRangeAttention(channels, half_heads, attention_dropout, filter_width, causal=False)
        self.ffn = FeedForward(channels, channels)
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in range(2))

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        x = self.norms[0](x + self.drop(self.attention(x, mask)))
        return self.norms[1](x + self.drop(self.ffn(x)))


class DecoderLayer(RivalLayer):
    def __init__(
        self, channels: int, half_heads: int, heads: int, dropout: float, attention_dropout: float, filter_width: int
    ) -> None:
        super().__init__()
        self.drop = nn.Dropout(dropout)
        self.attention = LongShortRangeAttention(channels, half_heads, attention_dropout, filter_width, causal=True)
        self.cross = CrossAttention(channels, channels, channels, heads, attention_dropout)
        self.ffn = FeedForward(channels, channels)
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in range(3))

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        x = self.norms[0](x + self.drop(self.attention(x)))
        x = self.norms[1](x + self.drop(self.cross(x, self.cross.keys_values(memory), mask)))
        return self.norms[2](x + self.drop(self.ffn(x)))

    def start(self, memory: Tensor) -> Cache:
        return {"cross": self.cross.keys_values(memory)}

    def step(self, x: Tensor, cache: Cache, mask: Tensor | None) -> Tensor:
        x = self.norms[0](x + self.attention.step(x, cache))
        x = self.norms[1](x + self.cross(x, cache["cross"], mask))
        return self.norms[2](x + self.ffn(x))


def _width(layer: int) -> int:
    return WIDTHS[min(layer, len(WIDTHS) - 1)]
