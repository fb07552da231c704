"""The one exception for input that a user can correct."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from os import PathLike


class InputError(Exception):
    """Bad input, told in one line: where it stands, what is wrong, what would be legal.

    A command that meets one prints that line and ends with exit status 2.
    """

    def __init__(self, place: str | PathLike[str], problem: str, legal: str | None = None) -> None:
        line = f"{place}: {problem}"
        if legal is not None:
            line += f"; legal: {legal}"
        super().__init__(" ".join(line.split()))
        self._parts = str(place), problem, legal

    def __reduce__(self) -> tuple[type[InputError], tuple[str, str, str | None]]:
        """From one process to another it travels in its parts."""
        return type(self), self._parts


def nearest(word: str, known: Iterable[str]) -> str:
    """The legal words, the most similar one named first: `did you mean 'seed'? (legal: ...)`."""
    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1)
    listed = ", ".join(words)
    return f"{listed} (did you mean '{close[0]}'?)" if close else listed
