"""The one Transformer of this project: dense for a SubTransformer, weight-shared for a whole design space.

Built from a SubTransformer it has exactly that architecture's weights. Built from a space's maximum it is the
SuperTransformer: `activate(sub)` makes a forward pass use the leading block of each weight (HAT, section 2.2), and
`extract(sub)` copies those blocks into a dense model with the same outputs. Post-norm, ReLU, sinusoidal positions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import LongTensor, Tensor, nn

from hat.architecture import SubTransformer
from hat.model.layers import DecoderLayer, Embeddings, EncoderLayer

INITIAL_POSITIONS = 1024


@dataclass(frozen=True)
class Encoded:
    """What the decoder attends to: the output of each encoder layer, (B, S, d) each, and where the source is."""

    layers: tuple[Tensor, ...]
    mask: Tensor | None
    """(B, S), True at tokens; None when nothing is padding."""

    def memory(self, attended: int) -> Tensor:
        """The last `attended` layers, the last first, joined along time: (B, attended * S, d) (HAT, figure 4)."""
        return self.layers[-1] if attended == 1 else torch.cat(self.layers[: -attended - 1 : -1], dim=1)

    def memory_mask(self, attended: int) -> Tensor | None:
        """(B, 1, 1, attended * S), True at tokens."""
        return None if self.mask is None else self.mask.repeat(1, attended)[:, None, None]

    def reorder(self, rows: Tensor) -> Encoded:
        """The sentences at `rows` (a beam repeats a row)."""
        mask = None if self.mask is None else self.mask.index_select(0, rows)
        return replace(self, layers=tuple(layer.index_select(0, rows) for layer in self.layers), mask=mask)


@dataclass
class DecoderState:
    """Caches of incremental decoding, R rows (hypotheses) at position `length`."""

    keys_values: list[Tensor]
    """Of cross-attention, per layer: (2, R, heads, attended * S, Q / heads)."""
    masks: list[Tensor | None]
    past: list[Tensor | None]
    """Of self-attention, per layer: (2, R, heads, length, Q / heads)."""
    length: int = 0

    def reorder(self, rows: Tensor) -> None:
        """Row i becomes what row `rows[i]` was: a beam keeps its best hypotheses, finished sentences leave."""
        self.keys_values = [kv.index_select(1, rows) for kv in self.keys_values]
        self.masks = [None if mask is None else mask.index_select(0, rows) for mask in self.masks]
        self.past = [None if past is None else past.index_select(1, rows) for past in self.past]


class Transformer(nn.Module):
    """Encoder and decoder of `architecture`; `active` is the SubTransformer that a forward pass uses.

    Token ids follow fairseq: `padding_index` fills up batches (sources may be padded on the left, targets on the
    right). `dropout` is the rate at the space's full width; a narrower network drops proportionally less.
    """

    positions: Tensor
    encoder: Sequence[EncoderLayer]
    decoder: Sequence[DecoderLayer]

    def __init__(
        self,
        architecture: SubTransformer,
        *,
        source_vocabulary: int,
        target_vocabulary: int,
        share_embeddings: bool,
        padding_index: int = 1,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.architecture = architecture
        self.source_vocabulary, self.target_vocabulary = source_vocabulary, target_vocabulary
        self.share_embeddings, self.padding_index = share_embeddings, padding_index
        self.dropout, self.attention_dropout = dropout, attention_dropout
        self.embeddings = Embeddings(
            architecture, source_vocabulary, target_vocabulary, share_embeddings, padding_index
        )
        self.encoder = nn.ModuleList(  # type: ignore[assignment]
            EncoderLayer(architecture, layer, attention_dropout) for layer in range(architecture.encoder_layers)
        )
        self.decoder = nn.ModuleList(  # type: ignore[assignment]
            DecoderLayer(architecture, layer, attention_dropout) for layer in range(architecture.decoder_layers)
        )
        table = sinusoidal_table(INITIAL_POSITIONS, architecture.position_dim, padding_index)
        self.register_buffer("positions", table, persistent=False)
        self.active = architecture

    def activate(self, sub: SubTransformer) -> None:
        """Let forward passes use the leading blocks that belong to `sub`. ValueError when it does not fit inside."""
        _check_fits(sub, self.architecture)
        self.active = sub
        for layer in range(sub.encoder_layers):
            self.encoder[layer].activate(sub, layer)
        for layer in range(sub.decoder_layers):
            self.decoder[layer].activate(sub, layer)

    def extract(self, sub: SubTransformer) -> Transformer:
        """A dense model of `sub` with copies of the weights that `activate(sub)` would use."""
        _check_fits(sub, self.architecture)
        dense = Transformer(
            sub,
            source_vocabulary=self.source_vocabulary,
            target_vocabulary=self.target_vocabulary,
            share_embeddings=self.share_embeddings,
            padding_index=self.padding_index,
            dropout=self.dropout,
            attention_dropout=self.attention_dropout,
        ).to(self.positions.device)
        ours = dict(self.named_parameters())
        with torch.no_grad():
            for name, weight in dense.named_parameters():
                weight.copy_(ours[name][tuple(slice(n) for n in weight.shape)])
        return dense.train(self.training)

    def encode(self, source: Tensor) -> Encoded:
        """source (B, S) -> the outputs of the active encoder layers."""
        tokens = source.ne(self.padding_index)
        mask, positions = None, None
        if not bool(tokens.all()):
            mask, positions = tokens, tokens.cumsum(1).mul(tokens).add(self.padding_index)
        width = self.active.encoder_embed_dim
        dropout = self._dropout(width)
        x = self._embed(self.embeddings.source(source, width), positions, dropout)
        attention_mask = None if mask is None else mask[:, None, None]
        layers = []
        for layer in self.encoder[: self.active.encoder_layers]:
            x = layer(x, attention_mask, dropout)
            layers.append(x)
        return Encoded(tuple(layers), mask)

    def forward(self, source: LongTensor, previous: LongTensor) -> Tensor:
        """Teacher forcing: source (B, S), target shifted right (B, T) -> logits (B, T, V)."""
        return self.decode(self.encode(source), previous)

    def decode(self, encoded: Encoded, previous: Tensor) -> Tensor:
        """Target shifted right (B, T), padded on the right -> logits (B, T, V)."""
        width = self.active.decoder_embed_dim
        dropout = self._dropout(width)
        x = self._embed(self.embeddings.target(previous, width), None, dropout)
        memories = {n: (encoded.memory(n), encoded.memory_mask(n)) for n in set(self.active.decoder_attended_layers)}
        for layer, attended in zip(self.decoder, self.active.decoder_attended_layers, strict=False):
            memory, mask = memories[attended]
            x = layer(x, layer.cross.keys_values(memory), mask, dropout)
        return self.embeddings.logits(x)

    def start(self, encoded: Encoded, rows_per_sentence: int = 1) -> DecoderState:
        """The state before the first step, each sentence repeated for `rows_per_sentence` hypotheses.

        Keys and values of cross-attention are projected here, once per sentence.
        """
        keys_values, masks = [], []
        for layer, attended in zip(self.decoder, self.active.decoder_attended_layers, strict=False):
            projected = layer.cross.keys_values(encoded.memory(attended))
            keys_values.append(projected.repeat_interleave(rows_per_sentence, 1))
            mask = encoded.memory_mask(attended)
            masks.append(None if mask is None else mask.repeat_interleave(rows_per_sentence, 0))
        return DecoderState(keys_values, masks, [None] * self.active.decoder_layers)

    def step(self, tokens: Tensor, state: DecoderState) -> Tensor:
        """The next token of each row (R,) -> logits (R, V); `state` advances by one position. No dropout."""
        width = self.active.decoder_embed_dim
        position = self._position_rows(self.padding_index + 1 + state.length, 1)
        x = self.embeddings.target(tokens[:, None], width) * math.sqrt(width) + position[:, :width]
        for index, layer in enumerate(self.decoder[: self.active.decoder_layers]):
            x, state.past[index] = layer.step(x, state.past[index], state.keys_values[index], state.masks[index])
        state.length += 1
        return self.embeddings.logits(x[:, 0])

    def _embed(self, x: Tensor, positions: Tensor | None, dropout: float) -> Tensor:
        """Embedded tokens (B, T, d) plus their positions; `positions` None = 1, 2, ... without padding before."""
        length, width = x.shape[1], x.shape[2]
        table = self._position_rows(self.padding_index + 1, length)
        if positions is not None:
            table = F.embedding(positions, self.positions)
        return F.dropout(x * math.sqrt(width) + table[..., :width], dropout, self.training)

    def _position_rows(self, first: int, count: int) -> Tensor:
        if first + count > self.positions.shape[0]:
            table = sinusoidal_table(2 * (first + count), self.architecture.position_dim, self.padding_index)
            self.positions = table.to(self.positions)
        return self.positions[first : first + count]

    def _dropout(self, width: int) -> float:
        return self.dropout * width / self.active.position_dim


def sinusoidal_table(positions: int, width: int, padding_index: int) -> Tensor:
    """(positions, width): sines in the first half, cosines in the second, zeros at the padding position."""
    half = width // 2
    frequency = torch.exp(torch.arange(half, dtype=torch.float64) * -(math.log(10000) / max(1, half - 1)))
    angle = torch.arange(positions, dtype=torch.float64)[:, None] * frequency
    table = torch.cat((angle.sin(), angle.cos()), dim=1).float()
    table[padding_index] = 0
    return table


def _check_fits(sub: SubTransformer, inside: SubTransformer) -> None:
    def within(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
        return len(a) <= len(b) and all(x <= y for x, y in zip(a, b, strict=False))

    if not (
        sub.encoder_embed_dim <= inside.encoder_embed_dim
        and sub.decoder_embed_dim <= inside.decoder_embed_dim
        and within(sub.encoder_ffn_dims, inside.encoder_ffn_dims)
        and within(sub.decoder_ffn_dims, inside.decoder_ffn_dims)
        and (sub.qkv_dim, sub.position_dim) == (inside.qkv_dim, inside.position_dim)
    ):
        raise ValueError(f"the SubTransformer {sub.key} does not fit inside {inside.key}")
