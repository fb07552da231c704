"""Clean text: characters and whitespace normalised everywhere, hopeless pairs dropped from training alone."""

from __future__ import annotations

import math
import re
import shutil
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from hat.corpus.description import Corpus
from hat.corpus.limits import REASONS, reason_to_drop
from hat.corpus.lines import line_counts, read_lines
from hat.corpus.parallel import Pairs, Rewritten, rewrite_pairs
from hat.corpus.subwords import DICTIONARIES, SPECIAL_SYMBOLS
from hat.errors import InputError
from hat.files import replacing_folder, write_json
from hat.progress import Progress, say
from hat.text.characters import normalise
from hat.text.moses import normalise_punctuation, tokenise

RESERVED = re.compile(rf"(?<!\S)({'|'.join(SPECIAL_SYMBOLS)}|madeupword\d{{4}})(?!\S)")
"""Symbols that a dictionary of fairseq has by itself; no tokeniser leaves them in one piece."""


def clean_corpus(corpus: Corpus, raw: Path, output: Path, processes: int = 1) -> None:
    """Write `output/{split}.{language}` and `output/report.json`: pairs read, kept, dropped by reason, lines changed.

    A validation split that is held out of training is taken from the pairs that were kept. Dictionaries that came with
    the text stay beside it.
    InputError: sides of different length, an empty line outside of training, a split with nothing in it.
    """
    counts = line_counts(raw, corpus, corpus.sourced)
    with replacing_folder(output) as folder:
        report = {split: _clean_split(corpus, split, lines, raw, folder, processes) for split, lines in counts.items()}
        if corpus.binarised:
            shutil.copytree(raw / DICTIONARIES, folder / DICTIONARIES)
        if corpus.held_out_every is not None:
            report["train"]["held_out"] = _hold_out(corpus, corpus.held_out_every, folder)
        write_json(folder / "report.json", report)


def _clean_split(corpus: Corpus, split: str, lines: int, raw: Path, output: Path, processes: int) -> dict[str, Any]:
    source, target = (f"{split}.{language}" for language in corpus.languages)
    if lines == 0:
        raise InputError(corpus.origin(split, corpus.source), f"the {split} split is empty", "at least one pair")
    (notes,) = rewrite_pairs(
        partial(_clean_pairs, corpus, split),
        (raw / source, raw / target),
        (output / source, output / target),
        Progress(f"clean {split}", lines, unit="pairs"),
        processes,
    )
    dropped = {reason: notes[reason] for reason in REASONS}
    kept = lines - sum(dropped.values())
    if kept == 0:
        why = ", ".join(f"{reason}: {count}" for reason, count in dropped.items())
        limits = f"max_length above {corpus.max_length}, max_ratio above {corpus.max_ratio:g}, or other text"
        raise InputError(corpus.place, f"train: no pair of {lines} is left ({why})", limits)
    if why := ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in dropped.items() if count):
        say(f"clean {split}: {kept} of {lines} pairs kept; dropped: {why}")
    return {"read": lines, "kept": kept, "dropped": dropped, "changed": notes["changed"]}


def _clean_pairs(corpus: Corpus, split: str, pairs: Pairs) -> Rewritten:
    """The pairs normalised. Outside of training each pair stays and needs two sentences."""
    notes: Counter[str] = Counter()
    kept = Rewritten([], [], (notes,))
    for number, pair in enumerate(zip(pairs.source, pairs.target, strict=True), start=pairs.first):
        source, target = clean = [_clean_line(corpus, *side) for side in zip(pair, corpus.languages, strict=True)]
        notes["changed"] += (source, target) != pair
        if corpus.already_subwords and not corpus.binarised and (found := RESERVED.search(f"{source} {target}")):
            raise InputError(corpus.place, f"pair {number} contains {found[0]!r}", "text without fairseq's own symbols")
        if split != "train":
            for language, line in zip(corpus.languages, clean, strict=True):
                if not line:
                    file = corpus.origin(split, language)
                    raise InputError(file, f"line {number} is empty", "a sentence on every line")
        elif reason := _reason(corpus, source, target):
            notes[reason] += 1
            continue
        kept.source.append(source)
        kept.target.append(target)
    return kept


def _clean_line(corpus: Corpus, line: str, language: str) -> str:
    return normalise(normalise_punctuation(line, language) if corpus.normalise_punctuation else line)


def _reason(corpus: Corpus, source: str, target: str) -> str | None:
    if corpus.limits == "subwords":  # which there are none of yet
        return reason_to_drop(source, target, math.inf, math.inf)
    if corpus.limits == "tokens":
        source = tokenise(source, corpus.source, hyphens=corpus.aggressive_hyphens)
        target = tokenise(target, corpus.target, hyphens=corpus.aggressive_hyphens)
    return reason_to_drop(source, target, corpus.max_length, corpus.max_ratio)


def _hold_out(corpus: Corpus, every: int, folder: Path) -> int:
    """Make each `every`-th pair of the cleaned training split the validation split; how many they are."""
    for language in corpus.languages:
        train, rest = folder / f"train.{language}", folder / f"rest.{language}"
        with (
            open(rest, "w", encoding="utf-8", newline="\n") as kept,
            open(folder / f"valid.{language}", "w", encoding="utf-8", newline="\n") as held_out,
        ):
            number = 0
            for number, line in enumerate(read_lines(train), start=1):
                (kept if number % every else held_out).write(line + "\n")
        if number < every:
            raise InputError(corpus.place, f"valid: every {every} of {number} training pairs", f"at most {number}")
        rest.replace(train)
    return number // every
