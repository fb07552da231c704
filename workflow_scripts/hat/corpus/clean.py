"""Clean text: whitespace and control characters normalised everywhere, hopeless pairs dropped from training alone."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

from hat.corpus.description import Corpus
from hat.corpus.lines import line_counts, read_lines
from hat.errors import InputError
from hat.files import replacing_folder, write_json
from hat.progress import Progress

# Control characters that are not whitespace, and the byte order mark.
CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ufeff]")
# U+2581 marks the start of a word among the subwords, U+2585 is reserved by sentencepiece.
RESERVED = str.maketrans("\u2581\u2585", "__")
REASONS = ("empty", "too_long", "ratio")


def clean_corpus(corpus: Corpus, raw: Path, output: Path) -> None:
    """Write `output/{split}.{language}` and `output/report.json`: pairs read, kept, dropped by reason, lines changed.

    InputError: sides of different length, an empty line outside of training, a split with nothing in it.
    """
    counts = line_counts(raw, corpus)
    with replacing_folder(output) as folder:
        report = {split: _clean_split(corpus, split, lines, raw, folder) for split, lines in counts.items()}
        write_json(folder / "report.json", report)


def normalise(line: str) -> str:
    """The line with single spaces for any Unicode whitespace and without control characters.

    The two block elements that mean something to sentencepiece become underscores.
    """
    return " ".join(CONTROL.sub("", line).translate(RESERVED).split())


def reason_to_drop(source: str, target: str, max_length: int, max_ratio: float) -> str | None:
    """Why a pair of normalised lines is of no use for training, if so. Lengths count words between spaces."""
    lengths = len(source.split()), len(target.split())
    if min(lengths) == 0:
        return "empty"
    if max(lengths) > max_length:
        return "too_long"
    return "ratio" if max(lengths) > max_ratio * min(lengths) else None


def _clean_split(corpus: Corpus, split: str, lines: int, raw: Path, output: Path) -> dict[str, Any]:
    names = [f"{split}.{language}" for language in corpus.languages]
    if lines == 0:
        raise InputError(raw / names[0], f"the {split} split is empty", "at least one pair")
    dropped = Counter(dict.fromkeys(REASONS, 0))
    changed = 0
    progress = Progress(f"clean {split}", lines, unit="pairs")
    sources, targets = (read_lines(raw / name) for name in names)
    with (
        open(output / names[0], "w", encoding="utf-8", newline="\n") as source_file,
        open(output / names[1], "w", encoding="utf-8", newline="\n") as target_file,
    ):
        for number, pair in enumerate(zip(sources, targets, strict=True), start=1):
            source, target = map(normalise, pair)
            changed += (source, target) != pair
            progress.step()
            if split != "train":
                for name, line in zip(names, (source, target), strict=True):
                    if not line:
                        raise InputError(raw / name, f"line {number} is empty", "a sentence on every line")
            elif reason := reason_to_drop(source, target, corpus.max_length, corpus.max_ratio):
                dropped[reason] += 1
                continue
            source_file.write(source + "\n")
            target_file.write(target + "\n")
    kept = lines - dropped.total()
    if kept == 0:
        why = ", ".join(f"{reason}: {count}" for reason, count in dropped.items())
        raise InputError(raw / names[0], f"no training pair of {lines} is left ({why})", "other limits in the corpus")
    return {"read": lines, "kept": kept, "dropped": dict(dropped), "changed": changed}
