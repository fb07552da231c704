"""The Moses rules of each language: tokens from text, text from tokens, uniform punctuation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import chain

from sacremoses import MosesDetokenizer, MosesPunctNormalizer, MosesTokenizer

from hat.text import languages

# Without one of these the Moses rules of punctuation, of which there are half a hundred, change nothing.
PUNCTUATION = re.compile("[()`\"„“”–—´‘‚’…«»\u00a0\r]|''| [ %:;]|nº")


def tokenise(line: str, language: str, *, lowercase: bool = False, hyphens: bool = False) -> str:
    """Tokens with spaces between them. Special characters stay themselves (no `&quot;`).

    `hyphens` are made tokens of their own, ` @-@ `. A language that Moses has no rules for is tokenised by the English
    ones; one that is written without spaces is left as it is, for subwords to divide.
    """
    if not languages.has_spaces(language):
        return line.lower() if lowercase else line
    tokens: str = _tokeniser(language).tokenize(line, aggressive_dash_splits=hyphens, escape=False, return_str=True)
    return tokens.lower() if lowercase else tokens


@cache
def _tokeniser(language: str) -> MosesTokenizer:
    """Made once: sacremoses makes a set of all letters whenever it looks for one.

    What combines with a letter and what joins letters belongs to a word, which sacremoses knows of some scripts only.
    """
    moses = MosesTokenizer(lang=languages.bare(language))
    word, substitute = moses.PAD_NOT_ISALNUM
    moses.PAD_NOT_ISALNUM = re.compile(word.pattern.replace("[^", f"[^{_inside_words()}", 1)), substitute
    letters, small_letters = frozenset(moses.IsAlpha), frozenset(moses.IsLower)
    moses.isanyalpha = lambda text: not letters.isdisjoint(text)
    moses.islower = small_letters.issuperset
    return moses


@cache
def _inside_words() -> str:
    planes = chain(range(0x20000), range(0xE0000, 0xE0200))  # there are none elsewhere, and looking takes half a second
    marks = (chr(code) for code in planes if unicodedata.category(chr(code)).startswith("M"))
    return "".join([*marks, "\u200c", "\u200d"])


def detokenise(lines: Sequence[str], language: str) -> list[str]:
    """Tokenised lines as ordinary text, by sacremoses' rules for `language`."""
    if not languages.has_spaces(language):
        return list(lines)
    moses = MosesDetokenizer(lang=languages.bare(language))
    return [moses.detokenize(line.split()) for line in lines]


def normalise_punctuation(line: str, language: str) -> str:
    """The line with plain quotation marks, dashes and spaces, as Moses' normalize-punctuation.perl has it."""
    if PUNCTUATION.search(line) is None:
        return line
    changed: str = _punctuation(language).normalize(line)
    return changed


@cache
def _punctuation(language: str) -> MosesPunctNormalizer:
    return MosesPunctNormalizer(lang=languages.bare(language), perl_parity=True)
