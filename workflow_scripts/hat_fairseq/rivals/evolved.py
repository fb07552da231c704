"""The Evolved Transformer (So et al. 2019): gated linear units, branched and separable convolutions, swish.

A cell of its encoder stands for two Transformer layers, one of its decoder for one and a half: 3 and 4 cells where a
Transformer has 6 and 6 layers. Norms come before what they normalise, and once more at the end.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from hat.architecture import SubTransformer
from hat.model.layers import CrossAttention, Linear, SelfAttention
from torch import Tensor, nn

from hat_fairseq.rivals.convolutions import SeparableConvolution
from hat_fairseq.rivals.shared import Cache, Rival, RivalLayer, remembered


def evolved_transformer(
    architecture: SubTransformer, *, dropout: float = 0.0, attention_dropout: float = 0.0, **facts: int | bool
) -> Rival:
    """The Evolved Transformer as wide as an ordinary Transformer, and as deep by its own count."""
    width, heads = architecture.decoder_embed_dim, architecture.decoder_self_heads[0]
    sizes = (width, heads, dropout, attention_dropout)
    encoder = [EncoderCell(*sizes) for _ in range(-(-architecture.encoder_layers // 2))]
    decoder = [DecoderCell(*sizes) for _ in range(-(-2 * architecture.decoder_layers // 3))]
    return Rival(architecture, encoder, decoder, dropout=dropout, final_norm=True, **facts)  # type: ignore[arg-type]


class EncoderCell(nn.Module):
    def __init__(self, width: int, heads: int, dropout: float, attention_dropout: float) -> None:
        super().__init__()
        self.drop = nn.Dropout(dropout)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(4))
        self.gated = Linear(width, 2 * width)
        self.expand = Linear(width, 4 * width)
        self.convolution = nn.Conv1d(width, width // 2, 3, padding=1)
        self.branch_norm = nn.LayerNorm(4 * width)
        self.separable = SeparableConvolution(4 * width, width // 2, 9, causal=False)
        self.attention = SelfAttention(width, width, heads, attention_dropout)
        self.ffn = nn.Sequential(Linear(width, 4 * width), nn.ReLU(), nn.Dropout(dropout), Linear(4 * width, width))

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """x (B, S, d); `mask` (B, S), True at tokens."""
        gate, branches, attention, ffn = self.norms
        x = x + self.drop(F.glu(self.gated(gate(x)), dim=-1))
        x = x + self.drop(self._branches(_at_tokens(branches(x), mask), mask))
        x = x + self.drop(self.attention(attention(x), None if mask is None else mask[:, None, None]))
        return x + self.drop(self.ffn(ffn(x)))

    def _branches(self, x: Tensor, mask: Tensor | None) -> Tensor:
        wide = self.drop(F.relu(self.expand(x)))
        narrow = self.drop(F.relu(self.convolution(x.transpose(1, 2)).transpose(1, 2)))
        joined = self.branch_norm(wide + F.pad(narrow, (0, wide.shape[2] - narrow.shape[2])))
        return F.pad(self.separable(_at_tokens(joined, mask)), (0, x.shape[2] - x.shape[2] // 2))


class DecoderCell(RivalLayer):
    """Its first attention, to the past and to the source at once, has twice the heads for the past."""

    def __init__(self, width: int, heads: int, dropout: float, attention_dropout: float) -> None:
        super().__init__()
        self.drop = nn.Dropout(dropout)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(5))
        self.wide_attention = SelfAttention(width, width, 2 * heads, attention_dropout)
        self.first_cross = CrossAttention(width, width, width, heads, attention_dropout)
        self.left = SeparableConvolution(width, 2 * width, 11, causal=True)
        self.right = SeparableConvolution(width, width // 2, 7, causal=True)
        self.branch_norm = nn.LayerNorm(2 * width)
        self.joined = SeparableConvolution(2 * width, width, 7, causal=True)
        self.attention = SelfAttention(width, width, heads, attention_dropout)
        self.second_cross = CrossAttention(width, width, width, heads, attention_dropout)
        self.ffn = nn.Sequential(
            Linear(width, 4 * width), nn.SiLU(), nn.Dropout(dropout), nn.LayerNorm(4 * width), Linear(4 * width, width)
        )

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        first, branches, attention, cross, ffn = self.norms
        normed = first(x)
        attended = self.first_cross(normed, self.first_cross.keys_values(memory), mask)
        x = x + self.drop(self.wide_attention(normed, causal=True)) + self.drop(attended)
        normed = branches(x)
        left, right = self.drop(F.relu(self.left(normed))), self.drop(self.right(normed))
        x = x + self.drop(self.joined(self._join(left, right)))
        x = x + self.drop(self.attention(attention(x), causal=True))
        x = x + self.drop(self.second_cross(cross(x), self.second_cross.keys_values(memory), mask))
        return x + self.drop(self.ffn(ffn(x)))

    def start(self, memory: Tensor) -> Cache:
        return {"first": self.first_cross.keys_values(memory), "second": self.second_cross.keys_values(memory)}

    def step(self, x: Tensor, cache: Cache, mask: Tensor | None) -> Tensor:
        first, branches, attention, cross, ffn = self.norms
        normed = first(x)
        past = remembered(cache, "wide", self.wide_attention.step(normed, cache.get("wide")))
        x = x + past + self.first_cross(normed, cache["first"], mask)
        normed = branches(x)
        left = F.relu(remembered(cache, "left", self.left.step(normed, cache.get("left"))))
        right = remembered(cache, "right", self.right.step(normed, cache.get("right")))
        x = x + remembered(cache, "joined", self.joined.step(self._join(left, right), cache.get("joined")))
        x = x + remembered(cache, "past", self.attention.step(attention(x), cache.get("past")))
        x = x + self.second_cross(cross(x), cache["second"], mask)
        return x + self.ffn(ffn(x))

    def _join(self, left: Tensor, right: Tensor) -> Tensor:
        joined: Tensor = self.branch_norm(left + F.pad(right, (0, left.shape[2] - right.shape[2])))
        return joined


def _at_tokens(x: Tensor, mask: Tensor | None) -> Tensor:
    """Zeros at padding, so that convolutions see nothing there."""
    return x if mask is None else torch.where(mask[..., None], x, torch.zeros_like(x))
