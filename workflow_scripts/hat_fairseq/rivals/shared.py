"""What the Evolved and the Lite Transformer share: embeddings, positions, and the way through their layers.

They have the methods of `hat.model.transformer.Transformer`, so that the same trainer, beam search and engine hold
them. Their size is given as that of an ordinary Transformer (a SubTransformer): widths, heads and number of layers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch.nn.functional as F
from hat.architecture import SubTransformer
from hat.model.layers import Embeddings
from hat.model.transformer import INITIAL_POSITIONS, Encoded, sinusoidal_table
from torch import LongTensor, Tensor, nn

Cache = dict[str, Tensor]
"""What a decoder layer remembers; rows of the batch are always the second dimension."""


@dataclass
class RivalState:
    """Caches of incremental decoding, R rows (hypotheses) at position `length`."""

    caches: list[Cache]
    mask: Tensor | None
    length: int = 0

    def reorder(self, rows: Tensor) -> None:
        """Row i becomes what row `rows[i]` was."""
        self.caches = [{name: kept.index_select(1, rows) for name, kept in cache.items()} for cache in self.caches]
        self.mask = None if self.mask is None else self.mask.index_select(0, rows)


class RivalLayer(nn.Module):
    """A layer of a decoder: as a whole, or step by step."""

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        raise NotImplementedError

    def start(self, memory: Tensor) -> Cache:
        """What does not change from step to step: projections of the encoder's output."""
        raise NotImplementedError

    def step(self, x: Tensor, cache: Cache, mask: Tensor | None) -> Tensor:
        """The next position (R, 1, d); the cache moves on."""
        raise NotImplementedError


class Rival(nn.Module):
    """An encoder-decoder: its encoder layers are called with (x, mask), its decoder layers are `RivalLayer`s.

    `final_norm` is for layers that normalise their input and not their output.
    """

    positions: Tensor

    def __init__(
        self,
        architecture: SubTransformer,
        encoder: Sequence[nn.Module],
        decoder: Sequence[RivalLayer],
        *,
        source_vocabulary: int,
        target_vocabulary: int,
        share_embeddings: bool,
        padding_index: int,
        dropout: float,
        final_norm: bool,
    ) -> None:
        super().__init__()
        self.architecture = architecture
        self.source_vocabulary, self.target_vocabulary = source_vocabulary, target_vocabulary
        self.share_embeddings, self.padding_index, self.dropout = share_embeddings, padding_index, dropout
        self.embeddings = Embeddings(
            architecture, source_vocabulary, target_vocabulary, share_embeddings, padding_index
        )
        self.encoder, self.decoder = nn.ModuleList(encoder), nn.ModuleList(decoder)
        width = architecture.decoder_embed_dim
        self.norms = nn.ModuleList(nn.LayerNorm(width) if final_norm else nn.Identity() for _ in range(2))
        table = sinusoidal_table(INITIAL_POSITIONS, width, padding_index)
        self.register_buffer("positions", table, persistent=False)

    def encode(self, source: Tensor) -> Encoded:
        """source (B, S) -> the encoder's output."""
        tokens = source.ne(self.padding_index)
        mask = None if bool(tokens.all()) else tokens
        position = tokens.cumsum(1).mul(tokens).add(self.padding_index)
        x = self._embed(self.embeddings.source(source, self.positions.shape[1]), F.embedding(position, self.positions))
        for layer in self.encoder:
            x = layer(x, mask)
        return Encoded((self.norms[0](x),), mask)

    def forward(self, source: LongTensor, previous: LongTensor) -> Tensor:
        """Teacher forcing: source (B, S), target shifted right (B, T) -> logits (B, T, V)."""
        return self.decode(self.encode(source), previous)

    def decode(self, encoded: Encoded, previous: Tensor) -> Tensor:
        """Target shifted right (B, T), padded on the right -> logits (B, T, V)."""
        first = self.padding_index + 1
        rows = self.positions[first : first + previous.shape[1]]
        x = self._embed(self.embeddings.target(previous, rows.shape[1]), rows)
        mask = encoded.memory_mask(1)
        for layer in self.decoder:
            x = layer(x, encoded.memory(1), mask)
        return self.embeddings.logits(self.norms[1](x))

    def start(self, encoded: Encoded, rows_per_sentence: int = 1) -> RivalState:
        """The state before the first step, each sentence repeated for `rows_per_sentence` hypotheses."""
        caches = [
            {
                name: kept.repeat_interleave(rows_per_sentence, 1)
                for name, kept in layer.start(encoded.memory(1)).items()
            }
            for layer in self.decoder
        ]
        mask = encoded.memory_mask(1)
        return RivalState(caches, None if mask is None else mask.repeat_interleave(rows_per_sentence, 0))

    def step(self, tokens: Tensor, state: RivalState) -> Tensor:
        """The next token of each row (R,) -> logits (R, V); `state` advances by one position. No dropout."""
        row = self.positions[self.padding_index + 1 + state.length]
        x = self.embeddings.target(tokens[:, None], len(row)) * math.sqrt(len(row)) + row
        for layer, cache in zip(self.decoder, state.caches, strict=True):
            x = layer.step(x, cache, state.mask)
        state.length += 1
        return self.embeddings.logits(self.norms[1](x)[:, 0])

    def _embed(self, x: Tensor, positions: Tensor) -> Tensor:
        return F.dropout(x * math.sqrt(x.shape[-1]) + positions, self.dropout, self.training)


def remembered(cache: Cache, name: str, result: tuple[Tensor, Tensor]) -> Tensor:
    """The output of a step whose past goes into the cache."""
    output, cache[name] = result
    return output
