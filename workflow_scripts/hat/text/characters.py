"""Characters that every text is freed of: control characters, odd spaces, what a subword model reserves."""

from __future__ import annotations

import re

# Control characters that are not whitespace, and the byte order mark.
CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ufeff]")
# U+2581 marks the start of a word among the subwords, U+2585 is reserved by sentencepiece.
RESERVED = str.maketrans("\u2581\u2585", "__")


def normalise(line: str) -> str:
    """The line with single spaces for any Unicode whitespace and without control characters.

    The two block elements that mean something to sentencepiece become underscores.
    """
    return " ".join(CONTROL.sub("", line).translate(RESERVED).split())
