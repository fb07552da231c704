"""Characters as every text has them: composed, single spaces, none that control or that a subword model reserves."""

from __future__ import annotations

import re
import unicodedata

# Control characters that are not whitespace, and the byte order mark.
CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ufeff]")
# U+2581 marks the start of a word among the subwords, U+2585 is reserved by sentencepiece.
RESERVED = str.maketrans("\u2581\u2585", "__")


def normalise(line: str) -> str:
    """The line in composed characters, with single spaces for any Unicode whitespace and without control characters.

    The two block elements that mean something to sentencepiece become underscores. Joiners, which some scripts have
    inside of words, stay.
    """
    return " ".join(CONTROL.sub("", composed(line)).translate(RESERVED).split())


def composed(line: str) -> str:
    """The line in Unicode's normal form C: an accented letter is one character, however the text was typed."""
    return unicodedata.normalize("NFC", line)
