"""Measure the corpus stages on generated text: pairs per second, peak memory, and what WMT'19's pairs would take."""

from __future__ import annotations

import argparse
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

from hat.corpus.lines import write_lines
from hat.errors import InputError
from hat.files import write_csv, write_text
from hat.progress import say
from hat_workflow import command
from hat_workflow.code_hash import SCRIPTS
from hat_workflow.made_up_text import sentences

LARGEST = 43_000_000
"""Training pairs of WMT'19 En-De in the paper."""
TESTED = 1000
EVERY_SECONDS = 0.5
STAGES = {
    "clean_corpus": ["--raw", "raw", "--output", "clean"],
    "tokenise_corpus": ["--clean", "clean", "--output", "tokens"],
    "encode_bpe": ["--clean", "clean", "--tokens", "tokens", "--output", "bpe"],
    "binarise_corpus": ["--bpe", "bpe", "--output", "binary"],
}


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pairs", type=int, default=5_000_000, help="training pairs (default: %(default)s)")
    options.add_argument("--bpe", type=int, default=32_768, help="entries of the vocabulary (default: %(default)s)")
    options.add_argument("--processes", type=int, default=1, help="processes of each stage (default: %(default)s)")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument(
        "--folder", type=Path, help="where the text is written meanwhile (default: a temporary folder)"
    )
    options.add_argument("--output", type=Path, required=True, help="output: CSV, one row per stage")
    return options


def main(args: argparse.Namespace) -> None:
    if args.pairs < 1:
        raise InputError("--pairs", str(args.pairs), "at least 1")
    with tempfile.TemporaryDirectory(dir=args.folder, prefix="benchmark_corpus.") as name:
        folder = Path(name)
        write_raw(folder / "raw", args.pairs, args.seed)
        write_text(folder / "wmt.yaml", description(args.bpe))
        rows = []
        for stage, options in STAGES.items():
            words = [sys.executable, str(SCRIPTS / f"{stage}.py"), "--corpus", "wmt.yaml", *options]
            used = measured([*words, "--processes", str(args.processes)], folder)
            rows.append(row(stage, args.pairs, args.processes, used))
            say(", ".join(f"{name} {value}" for name, value in rows[-1].items()))
            if stage == "tokenise_corpus":
                shutil.rmtree(folder / "raw")
    write_csv(args.output, rows)


class Used(NamedTuple):
    """What a stage took: seconds on the clock, CPU-seconds of all its processes, and MB at most."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


def row(stage: str, pairs: int, processes: int, used: Used) -> dict[str, Any]:
    """CPU-seconds are what a busy machine leaves comparable; the extrapolation takes them, all cores at work."""
    return {
        "stage": stage,
        "pairs": pairs,
        "processes": processes,
        "seconds": round(used.seconds, 1),
        "cpu_seconds": round(used.cpu_seconds, 1),
        "pairs_per_second": round(pairs / used.seconds),
        "pairs_per_cpu_second": round(pairs / used.cpu_seconds),
        "peak_memory_mb": round(used.peak_mb),
        "cpu_hours_for_43M_pairs": round(used.cpu_seconds / pairs * LARGEST / 3600, 2),
    }


def description(bpe: int) -> str:
    """A corpus that is prepared as WMT'19 is."""
    splits = "train: raw/train, valid: raw/valid, test: raw/test, limits: subwords, max_length: 250"
    return f"{{source: en, target: de, {splits}, normalise_punctuation: true, aggressive_hyphens: true, bpe: {bpe}}}\n"


def write_raw(folder: Path, pairs: int, seed: int) -> None:
    """Seeded text whose words follow Zipf's law, and whose vocabulary keeps growing."""
    folder.mkdir()
    for language, own in (("en", 0), ("de", 1)):
        for split, size in (("train", pairs), ("valid", TESTED), ("test", TESTED)):
            lines = sentences(size, random.Random(f"{seed} {split}"), own)
            write_lines(folder / f"{split}.{language}", lines)


def measured(words: list[str], folder: Path) -> Used:
    """What a command took. Memory that its processes share counts once for all of them (proportional set size).

    InputError when it fails.
    """
    begin, before, peak = time.monotonic(), cpu_seconds(), 0.0
    process = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    errors: list[str] = []
    reader = threading.Thread(target=lambda: errors.append(process.communicate()[1]))
    reader.start()
    while reader.is_alive():
        peak = max(peak, sum(map(memory_mb, family(process.pid))))
        reader.join(EVERY_SECONDS)
    if process.returncode:
        raise InputError(Path(words[1]).stem, errors[0].strip().splitlines()[-1], "a stage that ends well")
    return Used(time.monotonic() - begin, cpu_seconds() - before, peak)


def cpu_seconds() -> float:
    """CPU time of every process below this one that has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def family(pid: int) -> list[int]:
    """A process and all below it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in family(int(child)))]


def memory_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("Pss:")), 0.0)


if __name__ == "__main__":
    command.run(parser(), main)
