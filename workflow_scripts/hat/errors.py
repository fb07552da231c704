"""The one exception for input that a user can correct."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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
        self.parts = str(place), problem, legal

    def __reduce__(self) -> tuple[type[InputError], tuple[str, str, str | None]]:
        """From one process to another it travels in its parts."""
        return type(self), self.parts


PACKAGES = {"yaml": "PyYAML", "ai_edge_litert": "ai-edge-litert"}
"""As pip calls them, where modules have another name."""


def package(module: str | None) -> str:
    """What to install for a module that is missing."""
    name = (module or "").partition(".")[0]
    return PACKAGES.get(name, name)


class InputErrors(InputError):
    """Several faults of one input, a line each."""

    def __init__(self, errors: Iterable[InputError]) -> None:
        self.errors = tuple(errors)
        Exception.__init__(self, "\n".join(dict.fromkeys(map(str, self.errors))))

    def __reduce__(self) -> tuple[type[InputErrors], tuple[tuple[InputError, ...]]]:  # type: ignore[override]
        return type(self), (self.errors,)


class Faults:
    """Collects what is wrong with an input, so that all of it is told at once."""

    def __init__(self) -> None:
        self._errors: list[InputError] = []

    def add(self, *errors: InputError) -> None:
        self._errors += errors

    @contextmanager
    def collect(self) -> Iterator[None]:
        """An InputError of this block is kept for later."""
        try:
            yield
        except InputError as error:
            self.add(error)

    def tell(self) -> None:
        """InputErrors if anything was wrong; the InputError itself if it is the only one."""
        if len(self._errors) == 1:
            raise self._errors[0]
        if self._errors:
            raise InputErrors(self._errors)


def nearest(word: str, known: Iterable[str]) -> str:
    """The legal words, the most similar one named first: `did you mean 'seed'? (legal: ...)`."""
    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1)
    listed = ", ".join(words)
    return f"{listed} (did you mean '{close[0]}'?)" if close else listed
