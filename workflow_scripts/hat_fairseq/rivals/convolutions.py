"""Convolutions over time that also run step by step: causal ones with what they remember, and those of an encoder."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from hat.model.layers import Linear
from torch import Tensor, nn


class SeparableConvolution(nn.Module):
    """A filter of `width` positions for each channel, then a linear map: (B, T, columns) -> (B, T, rows).

    A causal one sees the past alone; `step` gives the same, position by position.
    """

    def __init__(self, columns: int, rows: int, width: int, causal: bool) -> None:
        super().__init__()
        self.width = width
        self.before = width - 1 if causal else width // 2
        self.filters = nn.Parameter(torch.empty(columns, 1, width))
        nn.init.xavier_uniform_(self.filters)
        self.pointwise = Linear(columns, rows)

    def forward(self, x: Tensor) -> Tensor:
        padded = F.pad(x.transpose(1, 2), (self.before, self.width - 1 - self.before))
        return self.pointwise(F.conv1d(padded, self.filters, groups=x.shape[2]).transpose(1, 2))

    def step(self, x: Tensor, past: Tensor | None) -> tuple[Tensor, Tensor]:
        """The next position (R, 1, columns) after `past` (width - 1, R, columns); the past moves on."""
        window = _window(x, past, self.width)
        filtered = torch.einsum("krc,ck->rc", window, self.filters[:, 0])
        return self.pointwise(filtered[:, None]), window[1:]


class DynamicConvolution(nn.Module):
    """Dynamic convolution (Wu et al. 2019): each position makes its own filters, softmax-normalised, one for each head.

    (B, T, channels) -> the same; gated linear units before, a linear map after it.
    """

    def __init__(self, channels: int, heads: int, width: int, causal: bool) -> None:
        super().__init__()
        self.heads, self.width = heads, width
        self.before = width - 1 if causal else width // 2
        self.gate = Linear(channels, 2 * channels)
        self.filters = Linear(channels, heads * width)
        self.out = Linear(channels, channels)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """`mask` (B, T, 1), zero at padding, which no filter then sees."""
        batch, length, _ = x.shape
        x = F.glu(self.gate(x), dim=-1)
        weights = torch.softmax(self.filters(x).view(batch, length, self.heads, self.width), dim=-1)
        x = x if mask is None else x * mask
        padded = F.pad(x, (0, 0, self.before, self.width - 1 - self.before))
        windows = padded.unfold(1, self.width, 1).reshape(batch, length, self.heads, -1, self.width)
        return self.out(torch.einsum("bthck,bthk->bthc", windows, weights).reshape(batch, length, -1))

    def step(self, x: Tensor, past: Tensor | None) -> tuple[Tensor, Tensor]:
        """The next position (R, 1, channels) after `past` (width - 1, R, channels); the past moves on."""
        rows = x.shape[0]
        x = F.glu(self.gate(x), dim=-1)
        weights = torch.softmax(self.filters(x).view(rows, self.heads, self.width), dim=-1)
        window = _window(x, past, self.width)
        split = window.view(self.width, rows, self.heads, -1)
        return self.out(torch.einsum("krhc,rhk->rhc", split, weights).reshape(rows, 1, -1)), window[1:]


def _window(x: Tensor, past: Tensor | None, width: int) -> Tensor:
    """The last `width` positions, (width, R, channels), zeros before the first."""
    if past is None:
        past = x.new_zeros(width - 1, x.shape[0], x.shape[2])
    return torch.cat((past, x.transpose(0, 1)))
