"""Work on parallel text in several processes, in order, a few chunks at a time: memory does not grow with the text."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from hat.corpus.lines import in_chunks, read_lines
from hat.progress import Progress

T = TypeVar("T")
R = TypeVar("R")
LINES_PER_CHUNK = 4000
CHUNKS_AHEAD = 2


class Pairs(NamedTuple):
    """Lines of both sides that translate each other."""

    first: int
    """Number of the first of them in its file, from 1."""
    source: list[str]
    target: list[str]


class Rewritten(NamedTuple):
    """What became of some pairs."""

    source: list[str]
    target: list[str]
    notes: tuple[Counter[str], ...] = ()
    """Whatever is to be counted over all of the text."""


def rewrite_pairs(
    work: Callable[[Pairs], Rewritten],
    inputs: tuple[Path, Path],
    outputs: tuple[Path, Path],
    progress: Progress,
    processes: int,
) -> tuple[Counter[str], ...]:
    """Write what `work` makes of the pairs of two files of equal length; its notes, summed."""
    sums: tuple[Counter[str], ...] = ()
    with (
        open(outputs[0], "w", encoding="utf-8", newline="\n") as source,
        open(outputs[1], "w", encoding="utf-8", newline="\n") as target,
    ):
        for read, done in in_order(work, _pairs(*inputs), processes):
            source.writelines(line + "\n" for line in done.source)
            target.writelines(line + "\n" for line in done.target)
            sums = sums or tuple(Counter() for _ in done.notes)
            for total, part in zip(sums, done.notes, strict=True):
                total.update(part)
            progress.step(count=len(read.source))
    return sums


def in_order(work: Callable[[T], R], items: Iterable[T], processes: int) -> Iterator[tuple[T, R]]:
    """Each item with `work(item)`, over several processes, in order, reading only a few items ahead.

    A single item is no reason to start a process.
    """
    remaining = iter(items)
    first = list(islice(remaining, 2))
    items = chain(first, remaining)
    if processes == 1 or len(first) < 2:
        yield from ((item, work(item)) for item in items)
        return
    waiting: deque[tuple[T, Future[R]]] = deque()
    with ProcessPoolExecutor(processes) as pool:
        for item in items:
            waiting.append((item, pool.submit(work, item)))
            if len(waiting) >= CHUNKS_AHEAD * processes:
                item, future = waiting.popleft()
                yield item, future.result()
        while waiting:
            item, future = waiting.popleft()
            yield item, future.result()


def _pairs(source: Path, target: Path) -> Iterator[Pairs]:
    first = 1
    sides = (in_chunks(read_lines(path), LINES_PER_CHUNK) for path in (source, target))
    for lines in zip(*sides, strict=True):
        yield Pairs(first, *lines)
        first += len(lines[0])
