"""Subwords: how each of two ways marks them, words from subwords and back."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path

import sentencepiece

SENTENCEPIECE = "▁"
"""Stands at the start of every word."""
SUBWORD_NMT = "@@"
"""Stands at the end of every subword but a word's last."""
MEMORY_OF_WORDS = 1 << 18
"""Words whose subwords each process remembers."""


def merge(pieces: str, marker: str = SENTENCEPIECE) -> str:
    """The words of a line of subwords: undoes the splitting, for either way of marking it."""
    if marker == SUBWORD_NMT:
        return (pieces + " ").replace(f"{SUBWORD_NMT} ", "").strip()
    return pieces.replace(" ", "").replace(SENTENCEPIECE, " ").strip()


@cache
def encoder(model: Path) -> Callable[[str], str]:
    """The subwords of a word. No subword spans two words, so that a line need not be encoded as one."""
    processor = sentencepiece.SentencePieceProcessor(model_file=str(model))

    @lru_cache(MEMORY_OF_WORDS)
    def encode(word: str) -> str:
        return " ".join(processor.encode(word, out_type=str))

    return encode
