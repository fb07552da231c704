"""Tokens: words and punctuation apart, by the Moses rules of each language."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import TypeVar

from sacremoses import MosesTokenizer

from hat.corpus.description import Corpus
from hat.corpus.lines import in_chunks, line_counts, read_lines, write_lines
from hat.corpus.subwords import SUBWORD_NMT, merge
from hat.files import replacing_folder
from hat.progress import Progress

T = TypeVar("T")
R = TypeVar("R")
LINES_PER_CHUNK = 1000
CHUNKS_AHEAD = 4


def tokenise_corpus(corpus: Corpus, clean: Path, output: Path, processes: int = 1) -> None:
    """Write `output/{split}.{language}`, one tokenised line for each line of the clean text.

    Text that arrives in subwords is tokenised already: its subwords are joined to the tokens they came from.
    """
    counts = line_counts(clean, corpus)
    with replacing_folder(output) as folder:
        for split, lines in counts.items():
            for language in corpus.languages:
                progress = Progress(f"tokenise {split}.{language}", lines, unit="lines")
                work = _join if corpus.already_subwords else partial(_tokenise, language, corpus.lowercase)
                chunks = in_chunks(read_lines(clean / f"{split}.{language}"), LINES_PER_CHUNK)
                done = _counted(in_order(work, chunks, processes), progress)
                write_lines(folder / f"{split}.{language}", chain.from_iterable(done))
        line_counts(folder, corpus, expected=counts)


def tokenise(line: str, language: str, lowercase: bool = False) -> str:
    """Tokens with spaces between them. Special characters stay themselves (no `&quot;`).

    A language that Moses has no rules for is tokenised by the English ones.
    """
    tokens: str = _tokeniser(language).tokenize(line, escape=False, return_str=True)
    return tokens.lower() if lowercase else tokens


@cache
def _tokeniser(language: str) -> MosesTokenizer:
    return MosesTokenizer(lang=language)


def _tokenise(language: str, lowercase: bool, lines: list[str]) -> list[str]:
    return [tokenise(line, language, lowercase) for line in lines]


def _join(lines: list[str]) -> list[str]:
    return [merge(line, SUBWORD_NMT) for line in lines]


def in_order(work: Callable[[T], R], items: Iterable[T], processes: int) -> Iterator[R]:
    """`map(work, items)` over several processes, in order, reading only a few items ahead."""
    if processes == 1:
        yield from map(work, items)
        return
    waiting: deque[Future[R]] = deque()
    with ProcessPoolExecutor(processes) as pool:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= CHUNKS_AHEAD * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _counted(chunks: Iterable[list[str]], progress: Progress) -> Iterator[list[str]]:
    for chunk in chunks:
        progress.step(count=len(chunk))
        yield chunk
