"""Parallel text on disk: one sentence a line, a line ends at a newline and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

from hat.corpus.description import Corpus
from hat.errors import InputError

T = TypeVar("T")


def read_lines(path: Path) -> Iterator[str]:
    """The lines of a UTF-8 file without their ends. InputError when there is no such file."""
    if not path.is_file():
        raise InputError(path, "no such file")
    with open(path, encoding="utf-8", newline="\n") as stream:
        for line in stream:
            yield line.removesuffix("\n")


def write_lines(path: Path, lines: Iterable[str]) -> None:
    with open(path, "w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(line + "\n" for line in lines)


def count_lines(path: Path) -> int:
    """Lines of a file; a last one may lack its end. InputError when there is no such file."""
    if not path.is_file():
        raise InputError(path, "no such file")
    lines, last = 0, b"\n"
    with open(path, "rb") as stream:
        while block := stream.read(1 << 20):
            lines += block.count(b"\n")
            last = block[-1:]
    return lines + (last != b"\n")


def in_chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    remaining = iter(items)
    while chunk := list(islice(remaining, size)):
        yield chunk


def line_counts(
    folder: Path, corpus: Corpus, splits: Iterable[str] | None = None, *, expected: dict[str, int] | None = None
) -> dict[str, int]:
    """Lines of each split. InputError when two sides differ, or a split differs from what is `expected`.

    `splits`: all of the corpus unless given.
    """
    counts = {}
    for split in corpus.splits if splits is None else splits:
        source, target = (folder / f"{split}.{language}" for language in corpus.languages)
        lines = count_lines(source)
        same_lines(source, lines, target, count_lines(target))
        if expected is not None:
            same_lines(source, lines, f"the stage before ({split})", expected[split])
        counts[split] = lines
    return counts


def same_lines(first: Path | str, lines: int, second: Path | str, other_lines: int) -> None:
    """InputError that names both sides and their counts unless they are equal."""
    if lines != other_lines:
        raise InputError(str(first), f"{lines} lines, but {second} has {other_lines}", "sides of equal length")
