"""The layers of the Transformer, each able to use only the leading block of its weights (HAT, figure 5)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hat.architecture import SubTransformer


class Linear(nn.Module):
    """A linear map that uses the leading `rows` x `columns` block of its weight, without a copy."""

    def __init__(self, columns: int, rows: int, fan_out: int | None = None) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(rows, columns))
        self.bias = nn.Parameter(torch.zeros(rows))
        # Xavier; a query that is part of a fused (query, key, value) matrix is initialised with the fan of the whole
        bound = math.sqrt(6 / (columns + (fan_out or rows)))
        nn.init.uniform_(self.weight, -bound, bound)
        self.activate(columns, rows)

    def activate(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.whole = (rows, columns) == tuple(self.weight.shape)

    def forward(self, x: Tensor) -> Tensor:
        if self.whole:
            return F.linear(x, self.weight, self.bias)
        return F.linear(x, self.weight[: self.rows, : self.columns], self.bias[: self.rows])


class LayerNorm(nn.Module):
    """Layer norm over the active width."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))
        self.activate(width)

    def activate(self, width: int) -> None:
        self.width = width

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, (self.width,), self.weight[: self.width], self.bias[: self.width])


class Attention(nn.Module):
    """Multi-head attention of total width Q. The number of heads only regroups the Q channels; it slices nothing."""

    def __init__(self, qkv_dim: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.qkv_dim, self.heads, self.dropout = qkv_dim, heads, dropout

    def split(self, x: Tensor, parts: int) -> Tensor:
        """(B, T, parts * Q) -> (parts, B, heads, T, Q / heads)"""
        batch, length, _ = x.shape
        return x.view(batch, length, parts, self.heads, -1).permute(2, 0, 3, 1, 4)

    def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, causal: bool = False) -> Tensor:
        """(B, heads, T, Q / heads), keys and values of length S, `mask` (B, 1, 1, S) -> (B, T, Q)"""
        dropout = self.dropout if self.training else 0.0
        if q.device.type == "cpu" and q.dtype in (torch.bfloat16, torch.float16):
            # the backward pass of half-precision attention on a CPU is many times slower than in fp32
            with torch.autocast("cpu", enabled=False):
                x = F.scaled_dot_product_attention(q.float(), k.float(), v.float(), mask, dropout, causal).to(q.dtype)
        else:
            x = F.scaled_dot_product_attention(q, k, v, mask, dropout, causal)
        return x.transpose(1, 2).reshape(q.shape[0], q.shape[2], self.qkv_dim)


class SelfAttention(Attention):
    def __init__(self, width: int, qkv_dim: int, heads: int, dropout: float) -> None:
        super().__init__(qkv_dim, heads, dropout)
        self.qkv = Linear(width, 3 * qkv_dim)
        self.out = Linear(qkv_dim, width)

    def activate(self, width: int, heads: int) -> None:
        self.heads = heads
        self.qkv.activate(width, 3 * self.qkv_dim)
        self.out.activate(self.qkv_dim, width)

    def forward(self, x: Tensor, mask: Tensor | None = None, causal: bool = False) -> Tensor:
        q, k, v = self.split(self.qkv(x), 3)
        return self.out(self.attend(q, k, v, mask, causal))

    def step(self, x: Tensor, past: Tensor | None) -> tuple[Tensor, Tensor]:
        """One position (R, 1, d) after `past` keys and values (2, R, heads, t, Q / heads); returns the longer past."""
        qkv = self.split(self.qkv(x), 3)
        past = qkv[1:] if past is None else torch.cat((past, qkv[1:]), dim=3)
        return self.out(self.attend(qkv[0], past[0], past[1])), past


class CrossAttention(Attention):
    """Encoder-decoder attention; keys and values may come from several encoder layers at once."""

    def __init__(self, width: int, memory_width: int, qkv_dim: int, heads: int, dropout: float) -> None:
        super().__init__(qkv_dim, heads, dropout)
        self.q = Linear(width, qkv_dim, fan_out=3 * qkv_dim)
        self.kv = Linear(memory_width, 2 * qkv_dim, fan_out=3 * qkv_dim)
        self.out = Linear(qkv_dim, width)

    def activate(self, width: int, memory_width: int, heads: int) -> None:
        self.heads = heads
        self.q.activate(width, self.qkv_dim)
        self.kv.activate(memory_width, 2 * self.qkv_dim)
        self.out.activate(self.qkv_dim, width)

    def keys_values(self, memory: Tensor) -> Tensor:
        """(B, S, d_encoder) -> (2, B, heads, S, Q / heads)"""
        return self.split(self.kv(memory), 2)

    def forward(self, x: Tensor, keys_values: Tensor, mask: Tensor | None) -> Tensor:
        (q,) = self.split(self.q(x), 1)
        return self.out(self.attend(q, keys_values[0], keys_values[1], mask))


class FeedForward(nn.Module):
    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.expand = Linear(width, hidden)
        self.contract = Linear(hidden, width)

    def activate(self, width: int, hidden: int) -> None:
        self.expand.activate(width, hidden)
        self.contract.activate(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.contract(F.relu(self.expand(x)))


class EncoderLayer(nn.Module):
    def __init__(self, arch: SubTransformer, layer: int, attention_dropout: float) -> None:
        super().__init__()
        width = arch.encoder_embed_dim
        self.attention = SelfAttention(width, arch.qkv_dim, arch.encoder_self_heads[layer], attention_dropout)
        self.attention_norm = LayerNorm(width)
        self.ffn = FeedForward(width, arch.encoder_ffn_dims[layer])
        self.ffn_norm = LayerNorm(width)

    def activate(self, sub: SubTransformer, layer: int) -> None:
        width = sub.encoder_embed_dim
        self.attention.activate(width, sub.encoder_self_heads[layer])
        self.attention_norm.activate(width)
        self.ffn.activate(width, sub.encoder_ffn_dims[layer])
        self.ffn_norm.activate(width)

    def forward(self, x: Tensor, mask: Tensor | None, dropout: float) -> Tensor:
        x = self.attention_norm(x + F.dropout(self.attention(x, mask), dropout, self.training))
        return self.ffn_norm(x + F.dropout(self.ffn(x), dropout, self.training))


class DecoderLayer(nn.Module):
    def __init__(self, arch: SubTransformer, layer: int, attention_dropout: float) -> None:
        super().__init__()
        width, q = arch.decoder_embed_dim, arch.qkv_dim
        self.attention = SelfAttention(width, q, arch.decoder_self_heads[layer], attention_dropout)
        self.attention_norm = LayerNorm(width)
        self.cross = CrossAttention(
            width, arch.encoder_embed_dim, q, arch.decoder_cross_heads[layer], attention_dropout
        )
        self.cross_norm = LayerNorm(width)
        self.ffn = FeedForward(width, arch.decoder_ffn_dims[layer])
        self.ffn_norm = LayerNorm(width)

    def activate(self, sub: SubTransformer, layer: int) -> None:
        width = sub.decoder_embed_dim
        self.attention.activate(width, sub.decoder_self_heads[layer])
        self.attention_norm.activate(width)
        self.cross.activate(width, sub.encoder_embed_dim, sub.decoder_cross_heads[layer])
        self.cross_norm.activate(width)
        self.ffn.activate(width, sub.decoder_ffn_dims[layer])
        self.ffn_norm.activate(width)

    def forward(self, x: Tensor, keys_values: Tensor, mask: Tensor | None, dropout: float) -> Tensor:
        x = self.attention_norm(x + F.dropout(self.attention(x, causal=True), dropout, self.training))
        x = self.cross_norm(x + F.dropout(self.cross(x, keys_values, mask), dropout, self.training))
        return self.ffn_norm(x + F.dropout(self.ffn(x), dropout, self.training))

    def step(self, x: Tensor, past: Tensor | None, keys_values: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        attended, past = self.attention.step(x, past)
        x = self.attention_norm(x + attended)
        x = self.cross_norm(x + self.cross(x, keys_values, mask))
        return self.ffn_norm(x + self.ffn(x)), past


class Embeddings(nn.Module):
    """Token tables of both languages and the output layer: one table for all three, or three."""

    def __init__(self, arch: SubTransformer, source: int, target: int, share: bool, padding: int) -> None:
        super().__init__()
        if share and source != target:
            raise ValueError(f"shared embeddings need one dictionary, not {source} and {target} words")
        enc, dec = arch.encoder_embed_dim, arch.decoder_embed_dim
        self.padding, self.share = padding, share
        self.source_table = self._table(source, max(enc, dec) if share else enc)
        if not share:
            self.target_table = self._table(target, dec)
            self.output_table = self._table(target, dec)

    def _table(self, words: int, width: int) -> nn.Parameter:
        table = torch.randn(words, width) / math.sqrt(width)
        table[self.padding] = 0
        return nn.Parameter(table)

    def source(self, tokens: Tensor, width: int) -> Tensor:
        return F.embedding(tokens, self.source_table[:, :width], self.padding)

    def target(self, tokens: Tensor, width: int) -> Tensor:
        table = self.source_table if self.share else self.target_table
        return F.embedding(tokens, table[:, :width], self.padding)

    def logits(self, x: Tensor) -> Tensor:
        table = self.source_table if self.share else self.output_table
        return F.linear(x, table[:, : x.shape[-1]])
