"""The words that may come up in a translation of a sentence: likely translations of its words, and frequent ones.

Which translations are likely is learned from the training text by IBM Model 1 (Brown et al. 1993). The output layer is
a model's largest: with a shortlist, a step multiplies with a few hundred rows of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hat.engines.embeddings import PADDING
from hat.engines.graph_engine import Ids
from hat.translator.text import SPECIAL_SYMBOLS, UNKNOWN

SPECIAL = len(SPECIAL_SYMBOLS)
"""Symbols before the words of a vocabulary: in every shortlist, and at the same places."""
FREQUENT, EACH = 200, 50
"""Frequent words in every shortlist, and translations of each source word. On Multi30k they hold 95% of a reference."""
ROUNDS = 4
LINKS = 60_000_000
"""Pairs of a source and a target word that are looked at, at most: so many fit into 3 GB."""


@dataclass(frozen=True)
class Shortlist:
    """`frequent` (F,) word ids, the special symbols first; `translations` (V of the source, K), filled with padding."""

    frequent: Ids
    translations: NDArray[np.int32]

    def words(self, source: Ids) -> Ids:
        """The ids of the words that a translation of `source` may have, each once, the special symbols first."""
        likely = self.translations[source].ravel()
        return np.concatenate([self.frequent, np.setdiff1d(likely, self.frequent)])

    def save(self, path: str | os.PathLike[str]) -> None:
        with open(path, "wb") as stream:
            np.savez(stream, frequent=self.frequent, translations=self.translations)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Shortlist:
        with np.load(path, allow_pickle=False) as found:
            return cls(found["frequent"], found["translations"])


def learn(pairs: Iterable[tuple[str, str]], source: Sequence[str], target: Sequence[str]) -> Shortlist:
    """From sentence pairs in subwords, and the symbols of both sides without the special ones.

    Of a large text it takes every second, fourth, ... pair, down to `LINKS` pairs of words.
    """
    sides = [{symbol: number for number, symbol in enumerate(symbols, SPECIAL)} for symbols in (source, target)]
    kept = [tuple(map(_ids, pair, sides)) for pair in _spread(pairs)]
    words = SPECIAL + len(target)
    counts = np.bincount(np.concatenate([_NONE, *(ids for _, ids in kept)]), minlength=words)
    order = np.argsort(-counts[SPECIAL:], kind="stable")[:FREQUENT] + SPECIAL
    frequent = np.concatenate([np.arange(SPECIAL), order[counts[order] > 0]])
    # A link is a source word and a target word of one pair; `places` are those of its target word in the text.
    links = np.concatenate([_NONE, *((one * words + other[:, None]).ravel() for one, other in kept)])
    widths = np.concatenate([_NONE, *(np.full(len(other), len(one)) for one, other in kept)])
    places = np.repeat(np.arange(len(widths), dtype=np.int32), widths)
    known, link_of = np.unique(links, return_inverse=True)
    probability = np.ones(len(known))
    for _ in range(ROUNDS):
        share = probability[link_of]
        share /= np.bincount(places, share)[places]
        expected = np.bincount(link_of, share, len(known))
        probability = expected / np.bincount(known // words, expected)[known // words]
    return Shortlist(frequent, _best(known // words, known % words, probability, SPECIAL + len(source)))


_NONE = np.zeros(0, np.int64)


def _spread(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """As many pairs as `LINKS` allows, evenly spread over all."""
    kept: list[tuple[str, str]] = []
    every, links = 1, 0
    for number, pair in enumerate(pairs):
        if number % every:
            continue
        kept.append(pair)
        links += _links(pair)
        while links > LINKS:
            kept, every = kept[::2], 2 * every
            links = sum(map(_links, kept))
    return kept


def _links(pair: tuple[str, str]) -> int:
    source, target = pair
    return (source.count(" ") + 1) * (target.count(" ") + 1)


def _ids(line: str, known: Mapping[str, int]) -> Ids:
    return np.array([known.get(symbol, UNKNOWN) for symbol in line.split()], np.int64)


def _best(
    source: NDArray[np.int64], target: NDArray[np.int64], probability: NDArray[np.float64], vocabulary: int
) -> NDArray[np.int32]:
    """The `EACH` most probable target words of each source word (vocabulary, EACH)."""
    order = np.lexsort((-probability, source))
    source, target = source[order], target[order]
    rank = np.arange(len(source)) - np.searchsorted(source, np.arange(vocabulary))[source]
    best = np.full((vocabulary, EACH), PADDING, np.int32)
    kept = rank < EACH
    best[source[kept], rank[kept]] = target[kept]
    return best
