"""Counting the words of a text of any size in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from hat.corpus.lines import in_chunks, read_lines
from hat.corpus.parallel import in_order
from hat.progress import say

MOST_WORDS = 1_000_000
"""Distinct words that are kept; while counting, up to twice as many."""
LINES_PER_CHUNK = 20_000


def count_words(paths: Iterable[Path], processes: int = 1, most: int = MOST_WORDS) -> Counter[str]:
    """How often each word occurs, exactly, in a text of at most `most` distinct words.

    In a larger one the rarest are forgotten whenever there are twice as many, and again at the end, all of equal count
    alike. A word that comes back counts from one again, so that a rare word may be counted too low, by no more than the
    counts that were forgotten. For BPE that means: a merge is chosen by the frequent words alone. No letter is lost,
    for one that only forgotten words have becomes a word of its own, once.
    """
    counted: Counter[str] = Counter()
    letters: set[str] = set()
    chunks = chain.from_iterable(in_chunks(read_lines(path), LINES_PER_CHUNK) for path in paths)
    for _, words in in_order(words_of, chunks, processes):
        counted.update(words)
        if len(counted) > 2 * most:
            counted = _frequent(counted, most, letters)
    if len(counted) > most:
        counted = _frequent(counted, most, letters)
    for letter in sorted(letters.difference(*counted)):
        counted[letter] = 1
    return counted


def words_of(lines: list[str]) -> Counter[str]:
    return Counter(" ".join(lines).split())


def _frequent(counted: Counter[str], most: int, letters: set[str]) -> Counter[str]:
    """The words above the smallest count that leaves no more than `most`; the letters of the others go to `letters`."""
    above, least = 0, 0
    for count, words in sorted(Counter(counted.values()).items(), reverse=True):
        if above + words > most:
            least = count
            break
        above += words
    kept: Counter[str] = Counter()
    for word, count in counted.items():
        if count > least:
            kept[word] = count
        else:
            letters.update(word)
    say(f"count words: {len(counted)} distinct, {len(kept)} kept that occur more than {least} times")
    return kept
