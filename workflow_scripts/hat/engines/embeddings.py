"""Embedding of tokens on the host: rows of a table, fp32 or int8, times the root of the width, plus positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hat.architecture import SubTransformer
from hat.engines.graphs import output_table
from hat.engines.quantised import quantise_rows
from hat.engines.weights import Floats, Weights

PADDING = 1
"""fairseq's token id of padding; the first token of a sentence has the position after it."""
FIRST_POSITIONS = 256


@dataclass(frozen=True)
class Table:
    """A row for each word, (V, d): fp32, or int8 with one scale a row."""

    values: NDArray[Any]
    scales: Floats | None = None

    def rows(self, ids: NDArray[np.int64], width: int) -> Floats:
        """The leading `width` columns of these rows, fp32."""
        found = self.values[ids, :width].astype(np.float32)
        if self.scales is not None:
            found *= self.scales[ids, None]
        return found

    @classmethod
    def of(cls, values: Floats, dtype: str) -> Table:
        """`dtype` is float32 or int8."""
        return cls(*quantise_rows(values)) if dtype == "int8" else cls(values)


@dataclass(frozen=True)
class Columns:
    """A table whose columns lie in several places, one after the other."""

    parts: tuple[Table, ...]

    def rows(self, ids: NDArray[np.int64], width: int) -> Floats:
        """As those of `Table`."""
        found = []
        for part in self.parts:
            found.append(part.rows(ids, width))
            width -= found[-1].shape[1]
        return found[0] if len(found) == 1 else np.concatenate(found, 1)


class Embeddings:
    """Source and target side of a model: embedded tokens as its graphs take them; and single rows of its output."""

    def __init__(
        self, source: Table | Columns, target: Table | Columns, output: Table | Columns, position_dim: int
    ) -> None:
        self._source, self._target, self._output, self._position_dim = source, target, output, position_dim
        self._positions = sinusoidal_positions(FIRST_POSITIONS, position_dim)

    @classmethod
    def of(cls, sub: SubTransformer, weights: Weights, dtype: str) -> Embeddings:
        """From the tables among a model's weights, which may be one for both sides."""
        source, own = weights["embeddings.source_table"], weights.get("embeddings.target_table")
        output = Table.of(output_table(sub, weights), dtype)
        if own is not None:
            return cls(Table.of(source, dtype), Table.of(own, dtype), output, sub.position_dim)
        width = sub.decoder_embed_dim  # the columns that are the output layer, too, and those that are not
        beyond = [Table.of(source[:, width:], dtype)] if source.shape[1] > width else []
        return cls(Columns((output, *beyond)), output, output, sub.position_dim)

    def source(self, ids: NDArray[np.int64], width: int) -> Floats:
        """A whole sentence (S,) -> (S, width)"""
        return self._embedded(self._source.rows(ids, width), 0, len(ids))

    def target(self, ids: NDArray[np.int64], steps: int, width: int) -> Floats:
        """The tokens of several hypotheses (N,) after `steps` others -> (N, width)"""
        return self._embedded(self._target.rows(ids, width), steps, 1)

    def output(self, ids: NDArray[np.int64], width: int) -> Floats:
        """What the output layer has for some words (C,) -> (C, width)"""
        return self._output.rows(ids, width)

    def _embedded(self, rows: Floats, steps: int, count: int) -> Floats:
        first = PADDING + 1 + steps
        if first + count > len(self._positions):
            self._positions = sinusoidal_positions(2 * (first + count), self._position_dim)
        width = rows.shape[1]
        rows *= np.float32(width**0.5)
        rows += self._positions[first : first + count, :width]
        return rows


def sinusoidal_positions(count: int, width: int) -> Floats:
    """(count, width): sines in the first half, cosines in the second, zeros at the padding position."""
    half = width // 2
    frequency = np.exp(np.arange(half) * -(np.log(10000) / max(1, half - 1)))
    angle = np.arange(count)[:, None] * frequency
    table = np.concatenate([np.sin(angle), np.cos(angle)], 1).astype(np.float32)
    table[PADDING] = 0
    return table
