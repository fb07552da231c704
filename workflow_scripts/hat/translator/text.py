"""From raw text to token ids and back, as the corpus of a model prepares its text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hat.engines.graph_engine import Ids
from hat.text.characters import normalise
from hat.text.moses import detokenise, normalise_punctuation, tokenise
from hat.text.subwords import SENTENCEPIECE, SUBWORD_NMT, encoder, merge

SPECIAL_SYMBOLS = ("<s>", "<pad>", "</s>", "<unk>")
"""fairseq's, in the order of their ids."""
END, UNKNOWN = 2, 3


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """What a corpus does to its text: keys of config/corpora, and how subwords are marked."""

    source: str
    target: str
    lowercase: bool = False
    normalise_punctuation: bool = False
    aggressive_hyphens: bool = False
    already_subwords: bool = False
    """Input lines are tokenised and split (`@@`) before they come; the bundle has no subword model."""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class Text:
    """The two ends of a translator. Dictionaries are the symbols after the special ones, in the order of their ids."""

    def __init__(
        self, preparation: Preparation, model: Path | None, source: Sequence[str], target: Sequence[str]
    ) -> None:
        self.preparation = preparation
        self._subwords = None if model is None else encoder(model)
        self._ids: Mapping[str, int] = {symbol: number for number, symbol in enumerate([*SPECIAL_SYMBOLS, *source])}
        self._symbols = [*SPECIAL_SYMBOLS, *target]
        self._marker = SUBWORD_NMT if preparation.already_subwords else SENTENCEPIECE

    def ids(self, line: str) -> Ids:
        """A line of raw text as token ids with the sentence's end; of an empty line, that end alone."""
        pieces = self._pieces(line).split()
        return np.array([*(self._ids.get(piece, UNKNOWN) for piece in pieces), END], np.int64)

    def tokens(self, ids: Sequence[int]) -> str:
        """Token ids as a tokenised sentence, its subwords joined to words."""
        return merge(" ".join(self._symbols[number] for number in ids), self._marker)

    def plain(self, tokenised: Sequence[str]) -> list[str]:
        """Tokenised sentences as ordinary text."""
        return detokenise(tokenised, self.preparation.target)

    def _pieces(self, line: str) -> str:
        facts = self.preparation
        if facts.normalise_punctuation:
            line = normalise_punctuation(line, facts.source)
        line = normalise(line)
        if self._subwords is None:
            return line.lower() if facts.lowercase else line
        words = tokenise(line, facts.source, lowercase=facts.lowercase, hyphens=facts.aggressive_hyphens)
        return " ".join(map(self._subwords, words.split()))
