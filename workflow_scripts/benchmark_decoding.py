"""Decode sentences on every runtime in turn: milliseconds, throughput, memory, and the distance to the floor.

Random weights, real beam search, as many steps as the source has tokens. Contestants are eager torch, without a search,
the shipped runtimes, and CTranslate2 with layers of the same shapes, in an environment of its own. The floor is the
time in which one thread reads the decoder's weights once a step.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from hat.architecture import SubTransformer
from hat.engines.factory import DTYPES, SHIPPED
from hat.engines.interface import Vocabularies
from hat.engines.weights import random_weights
from hat.errors import InputError
from hat.files import read_json, write_csv
from hat.interop.architectures import read_architecture
from hat.progress import Progress, say
from hat.translator.beam import EOS
from hat.translator.bundle import MANIFEST, weights_bytes
from hat.translator.export import write_bundle
from hat.translator.shortlist import SPECIAL, Shortlist
from hat.translator.text import Preparation
from hat_workflow import command, settings
from hat_workflow.code_hash import SCRIPTS
from hat_workflow.contest import MEGABYTE, Contestant
from hat_workflow.contest_engine import EAGER, FLOOR, SHORTLIST

CTRANSLATE2 = "ctranslate2"
PINNED = (f"{CTRANSLATE2}==4.8.5", "numpy==2.4.6")
SHORTLISTED = 512
BATCHES = (1, 8, 64)
SENTENCES = 64


def main(args: argparse.Namespace) -> None:
    sub = read_architecture(settings.find("architecture", args.architecture))
    with tempfile.TemporaryDirectory(prefix="benchmark_decoding.") as folder:
        ship = Path(folder) / "ship"
        ship.mkdir()
        write_random(ship, sub, args)
        with contestants(args, sub, Path(folder)) as everyone:
            rows = {each.name: {"contestant": each.name} | sizes(ship, each.name) for each in everyone}
            alone = in_turn(everyone, args.runs)
            for name, times in alone.items():
                rows[name] |= compared(name, alone) | {"peak_mb": round(max(took["peak_mb"] for took in times))}
            for each in everyone:
                if each.name.split()[0] not in (EAGER, FLOOR):
                    rows[each.name] |= throughput(each)
    columns = dict.fromkeys(column for row in rows.values() for column in row)
    whole = [{column: row.get(column) for column in columns} for row in rows.values()]
    write_csv(args.output, whole)
    print(markdown(whole))


def write_random(ship: Path, sub: SubTransformer, args: argparse.Namespace) -> None:
    """A bundle with random weights, whose model ends no sentence before it must."""
    words = args.vocabulary
    sizes = Vocabularies(source_vocabulary=words, target_vocabulary=words, share_embeddings=True)
    weights = random_weights(sub, sizes)
    weights["embeddings.source_table"][EOS] = 0
    symbols = [f"w{number}" for number in range(SPECIAL, words)]
    rng = np.random.default_rng(0)
    each = SHORTLISTED // args.length  # of each word of a source: together as many as are wanted
    write_bundle(
        ship,
        sub,
        weights,
        rows=args.beam,
        preparation=Preparation(source="en", target="de", already_subwords=True),
        subword_model=None,
        dictionaries={"source": symbols, "target": symbols},
        shortlist=Shortlist(np.arange(SPECIAL), rng.integers(SPECIAL, words, (words, each), np.int32)),
        facts={"generation": {"beam": args.beam, "length_penalty": 1.0}, "vocabulary": words},
    )


@contextmanager
def contestants(args: argparse.Namespace, sub: SubTransformer, folder: Path) -> Iterator[list[Contestant]]:
    """Everyone who takes part, started, until the block ends."""
    work = ["--length", str(args.length), "--beam", str(args.beam), "--threads", str(args.threads)]
    environment = {"PYTHONPATH": str(SCRIPTS), "OMP_NUM_THREADS": str(args.threads)}
    ours = [*(f"{engine} {dtype}" for dtype in DTYPES for engine in SHIPPED), f"{SHIPPED[0]} {DTYPES[-1]} {SHORTLIST}"]
    started: list[Contestant] = []
    try:
        for name in (f"{EAGER} {DTYPES[0]}", *ours, *(f"{FLOOR} {dtype}" for dtype in DTYPES)):
            told = [sys.executable, "-m", "hat_workflow.contest_engine", name, "--folder", str(folder / "ship"), *work]
            started.append(Contestant(name, told, environment))
        for dtype in DTYPES if args.ctranslate2 else ():
            told = [their_python(folder / CTRANSLATE2), "-m", "hat_workflow.contest_ctranslate2", *work]
            told += ["--architecture", json.dumps(sub.to_dict()), "--vocabulary", str(args.vocabulary)]
            told += ["--dtype", dtype, "--folder", str(folder / f"{CTRANSLATE2}.{dtype}")]
            started.append(Contestant(f"{CTRANSLATE2} {dtype}", told, environment))
        yield started
    finally:
        for each in started:
            each.close()


def their_python(folder: Path) -> str:
    """The Python of an environment with CTranslate2, which is made when it is first asked for."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        run = subprocess.run([python, "-m", "pip", "install", "--quiet", "--quiet", *PINNED], stdout=sys.stderr)
        if run.returncode != 0:
            raise InputError(PINNED[0], "could not be installed", "a network, or --without-ctranslate2")
    return str(python)


def in_turn(everyone: Sequence[Contestant], runs: int) -> dict[str, list[dict[str, float]]]:
    """What each took for one sentence, run after run; the first, which warms up, is left out."""
    found: dict[str, list[dict[str, float]]] = {each.name: [] for each in everyone}
    progress = Progress("benchmark_decoding", runs + 1, unit="rounds")
    for _ in range(runs + 1):
        for each in everyone:
            found[each.name].append(each.decode(1, 1))
        progress.step()
    return {name: times[1:] for name, times in found.items()}


def compared(name: str, alone: dict[str, list[dict[str, float]]]) -> dict[str, float]:
    """Median milliseconds, and medians of the ratios to others of the same round."""

    def ratio(other: str) -> float:
        mine, theirs = ([took["seconds"] for took in alone[each]] for each in (name, other))
        return round(median(a / b for a, b in zip(mine, theirs, strict=True)), 3)

    dtype = name.split()[1]
    found = {key: round(1000 * median(took[kind] for took in alone[name]), 1) for key, kind in MEDIANS.items()}
    others = {
        "of_torch": f"{EAGER} {DTYPES[0]}",
        "of_ctranslate2": f"{CTRANSLATE2} {dtype}",
        "of_floor": f"{FLOOR} {dtype}",
    }
    return found | {key: ratio(other) for key, other in others.items() if other in alone}


MEDIANS = {"ms": "seconds", "cpu_ms": "cpu_seconds"}


def throughput(contestant: Contestant) -> dict[str, float]:
    """Sentences a second in batches of several sizes."""
    found = {}
    for batch in BATCHES:
        took = contestant.decode(batch, SENTENCES)
        found[f"sentences_per_second_{batch}"] = round(SENTENCES / took["seconds"], 1)
        say(f"benchmark_decoding: {contestant.name}: {found[f'sentences_per_second_{batch}']}/s in batches of {batch}")
    return found


def sizes(ship: Path, name: str) -> dict[str, Any]:
    """The megabytes of weights that a shipped model of this number format has."""
    engine, dtype, *_ = name.split()
    shipped = engine in SHIPPED
    return {"weights_mb": round(weights_bytes(read_json(ship / MANIFEST), dtype) / MEGABYTE) if shipped else None}


def markdown(rows: Sequence[dict[str, Any]]) -> str:
    """The same rows as a table of a text."""
    columns = list(rows[0])
    lines = [columns, ["---", *["--:"] * (len(columns) - 1)]]
    lines += [["" if value is None else str(value) for value in row.values()] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--architecture", default="wmt14.en-de-raspberrypi-6.0s", help="name or file (default: %(default)s)")
    p.add_argument("--vocabulary", type=command.positive, default=32768, help="words (default: %(default)s)")
    p.add_argument("--length", type=command.positive, default=30, help="tokens of source and target (default: 30)")
    p.add_argument("--beam", type=command.positive, default=5, help="(default: %(default)s)")
    p.add_argument("--threads", type=command.positive, default=1, help="(default: %(default)s)")
    p.add_argument("--runs", type=command.positive, default=8, help="of each, in turn (default: %(default)s)")
    p.add_argument("--without-ctranslate2", dest="ctranslate2", action="store_false", help="installs nothing")
    p.add_argument("--output", type=Path, required=True, metavar="CSV", help="output: one row per contestant")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
