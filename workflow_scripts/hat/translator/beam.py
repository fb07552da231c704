"""Beam search on numpy over an engine: the hypotheses and scores of fairseq's generator, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hat.engines.embeddings import PADDING
from hat.engines.graph_engine import EncodedSentence, GraphEngine, Ids
from hat.engines.weights import Floats

EOS = 2
"""fairseq's token id of a sentence's end, and of what comes before the first word."""
BLOCK = 64
"""Words whose largest logit is looked at first. With 64, the blocks of 32,768 words are as quick to search as one."""


@dataclass(frozen=True)
class Hypothesis:
    """A translation as token ids, without the end of the sentence."""

    tokens: tuple[int, ...]
    score: float
    """Log-probability divided by length ** length penalty, the end counted."""


def search(
    engine: GraphEngine,
    sentences: Sequence[EncodedSentence],
    *,
    source_room: int,
    beam: int,
    length_penalty: float,
    longest: int,
    shortlists: Sequence[Ids] | None = None,
) -> list[list[Hypothesis]]:
    """The `beam` best hypotheses of each sentence, best first, with at least one and at most `longest` words.

    Each step looks at the 2 beam best continuations of a sentence. Those among the first `beam` that end it are
    finished hypotheses; the first `beam` that do not end it go on. A sentence is done with its `beam`-th hypothesis.
    `shortlists` are the words that each sentence may have, the special symbols first; None: all words.
    """
    count = len(sentences)
    state = engine.start_batch(sentences, beam, source_room, shortlists)
    known = None if shortlists is None else _filled(shortlists)
    tokens = np.full(count * beam, EOS)
    scores = np.full((count, beam), -np.inf, np.float32)
    scores[:, 0] = 0  # all rows are the same at first
    history = np.zeros((count, beam, longest + 1), np.int64)
    found: list[list[Hypothesis]] = [[] for _ in sentences]
    each = np.arange(count)[:, None]
    for step in range(longest + 1):
        logits, total = engine.scored_step(tokens, state)
        logits = logits.reshape(count, beam, -1)
        _allow(logits, step, longest)
        scores, rows, words = best(logits, scores - total.reshape(count, beam), 2 * beam)
        if known is not None:
            words = known[each, words]
        ends = words == EOS
        for sentence, place in zip(*np.nonzero(ends[:, :beam] & np.isfinite(scores[:, :beam])), strict=True):
            if len(found[sentence]) < beam:
                past = history[sentence, rows[sentence, place], :step]
                score = float(scores[sentence, place]) / (step + 1) ** length_penalty
                found[sentence].append(Hypothesis(tuple(past.tolist()), score))
        if all(len(hypotheses) == beam for hypotheses in found):
            break
        onward = np.argsort(ends, axis=1, kind="stable")[:, :beam]
        scores, rows, words = scores[each, onward], rows[each, onward], words[each, onward]
        history = history[each, rows]
        history[:, :, step] = words
        state.reorder(rows)
        tokens = words.ravel()
    return [sorted(hypotheses, key=lambda hypothesis: -hypothesis.score) for hypotheses in found]


def best(logits: Floats, offsets: Floats, count: int) -> tuple[Floats, Ids, Ids]:
    """The `count` best continuations of each sentence, best first: their scores, rows and words, (B, count) each.

    logits (B, R, V), `offsets` (B, R) are added to all words of a row. Exact: the best words lie in the `count` blocks
    with the largest maxima, so only those are sorted.
    """
    sentences, width, vocabulary = logits.shape
    blocks = vocabulary // BLOCK
    each = np.arange(sentences)[:, None]
    blocked = logits[:, :, : blocks * BLOCK].reshape(sentences, width, BLOCK, blocks)  # a block is a column
    highest = (blocked.max(2) + offsets[:, :, None]).reshape(sentences, -1)
    rows, chosen = np.divmod(_largest(highest, count), max(blocks, 1))
    scores = (blocked[each, rows, :, chosen] + offsets[each, rows][:, :, None]).reshape(sentences, -1)
    words = (np.arange(BLOCK) * blocks + chosen[:, :, None]).reshape(sentences, -1)
    rows = np.repeat(rows, BLOCK, axis=1)
    rest = np.arange(blocks * BLOCK, vocabulary)
    if len(rest):
        tail = logits[:, :, rest] + offsets[:, :, None]
        scores = np.concatenate([scores, tail.reshape(sentences, -1)], 1)
        words = np.concatenate([words, np.broadcast_to(rest, tail.shape).reshape(sentences, -1)], 1)
        owners = np.broadcast_to(np.arange(tail.shape[1])[:, None], tail.shape)
        rows = np.concatenate([rows, owners.reshape(sentences, -1)], 1)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    return scores[each, order], rows[each, order], words[each, order]


def _filled(shortlists: Sequence[Ids]) -> Ids:
    """One row for each, filled up with padding."""
    filled = np.full((len(shortlists), max(map(len, shortlists))), PADDING)
    for row, words in zip(filled, shortlists, strict=True):
        row[: len(words)] = words
    return filled


def _largest(values: Floats, count: int) -> NDArray[Any]:
    """The places of the `count` largest values of each row, in any order; all of them where there are no more."""
    if values.shape[1] <= count:
        return np.broadcast_to(np.arange(values.shape[1]), values.shape)
    return np.argpartition(values, -count, axis=1)[:, -count:]


def _allow(logits: Floats, step: int, longest: int) -> None:
    """No padding, no empty translation, and an end after `longest` words: other words become impossible."""
    logits[:, :, PADDING] = -np.inf
    if step == 0:
        logits[:, :, EOS] = -np.inf
    if step == longest:
        logits[:, :, :EOS] = -np.inf
        logits[:, :, EOS + 1 :] = -np.inf
