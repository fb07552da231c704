"""Text that nobody wrote: words that follow Zipf's law, and a vocabulary that keeps growing."""

from __future__ import annotations

import random
from collections.abc import Iterator

WORDS_A_LINE = 20
SYLLABLES = [first + second for first in "bdfgklmnprst" for second in ("a", "e", "i", "o", "u", "ä")]
NEW_WORD_EVERY = 40
"""At WMT scale about every fortieth token has not been seen before."""


def sentences(count: int, lengths: random.Random, language: int) -> Iterator[str]:
    """The two languages have sentences of the same lengths, and words of their own."""
    draw = random.Random(lengths.random() + language)
    for _ in range(count):
        length = lengths.randint(4, 2 * WORDS_A_LINE - 4)
        words = [word(draw, language) for _ in range(length)]
        words[0] = words[0].capitalize()
        if length % 3 == 0:
            words[length // 2] += ","
        if length % 7 == 0:
            words[-1] = f'"{words[-1]}"'
        if length % 11 == 0:
            words[1] += f"-{words[2]}"
        yield " ".join(words) + "."


def word(draw: random.Random, language: int) -> str:
    """A word by its rank: half of all draws lie among the first few hundred, and now and then a new one comes."""
    if draw.random() * NEW_WORD_EVERY < 1:
        return spelt(draw.getrandbits(40), language)
    return spelt(int(100_000 ** draw.random()), language)


def spelt(rank: int, language: int) -> str:
    """The spelling of the word of a rank: shorter for frequent words, other letters first in the other language."""
    syllables: list[str] = []
    rank += 7 * language
    while rank or not syllables:
        rank, digit = divmod(rank, len(SYLLABLES))
        syllables.append(SYLLABLES[digit - language * 29])
    return "".join(syllables) + ("s" if language else "")
