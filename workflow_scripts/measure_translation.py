"""Time a shipped model sentence by sentence, as its users do: raw text, real beam search, every way that it can run.

Each sentence is translated in every way that the bundle has scores of, its runtimes, number formats and shortlist, and
in eager torch, in turn. Unlike the paper's protocol this depends on how long translations become.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from hat.corpus.lines import read_lines
from hat.engines.graph_engine import Ids
from hat.engines.interface import Device
from hat.engines.torch_eager import ENGINE, TorchEager
from hat.engines.weights import Floats
from hat.files import JsonFile, write_csv
from hat.latency.busy import machine_to_itself
from hat.model.checkpoint import load_checkpoint
from hat.model.transformer import DecoderState, Encoded
from hat.progress import Progress
from hat.translator.bundle import MANIFEST, load, weights_bytes
from hat.translator.translator import Translator
from hat_workflow import command

MEGABYTE = 1e6
IDLE = 1.25
"""How many times longer than its processor a sentence may take on a quiet machine."""
TRAINED = "trained"
"""Under which the manifest has the scores of the trained model."""


def main(args: argparse.Namespace) -> None:
    manifest = JsonFile(args.ship / MANIFEST)
    lines = list(read_lines(args.raw / f"test.{manifest['text', 'source']}"))
    lines = lines[:: max(1, len(lines) // args.sentences)][: args.sentences]
    ways = list(every_way(args, manifest))
    found: list[list[Turn]] = [[] for _ in ways]
    progress = Progress(f"measure_translation {args.model}", len(lines), unit="sentences")
    for line in lines:
        with machine_to_itself():
            for (_, translator), turns in zip(ways, found, strict=True):
                translator.translate([line])  # brings its weights and its room for a sentence of this length
                turns.append(Turn.of(lambda translator=translator, line=line: translator.translate([line])))
        progress.step()
    names = {"task": args.task, "model": args.model}
    rows = [
        {**names, **facts, "sentences": len(lines), "threads": args.threads, **spread(turns)}
        for (facts, _), turns in zip(ways, found, strict=True)
    ]
    write_csv(args.output, rows)


@dataclass(frozen=True)
class Turn:
    """How long a sentence took, and how long the processor worked on it, all threads together."""

    wall_ms: float
    processor_ms: float

    @classmethod
    def of(cls, work: Callable[[], object]) -> Self:
        wall, processor = time.perf_counter(), time.process_time()
        work()
        return cls(1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - processor))


def spread(turns: Sequence[Turn]) -> dict[str, Any]:
    """Median and ninth decile, and whether other work had the processor in between, in most turns."""
    p50, p90 = np.percentile([turn.wall_ms for turn in turns], (50, 90))
    idle = np.median([turn.wall_ms / max(turn.processor_ms, 1e-6) for turn in turns])
    return {"p50_ms": round(float(p50), 4), "p90_ms": round(float(p90), 4), "doubtful": bool(idle > IDLE)}


def every_way(args: argparse.Namespace, manifest: JsonFile) -> Iterator[tuple[dict[str, Any], Translator]]:
    """What is said of each way to run the model, and its translator."""
    for name, score in manifest["scores"].items():
        if name == TRAINED:
            translator = load(args.ship, threads=args.threads)
            model, _ = load_checkpoint(args.checkpoint)
            eager = TorchEager(model, Device(name=ENGINE, threads=args.threads))
            translator.engine = Eager(eager)  # type: ignore[assignment]
            facts = {"engine": ENGINE, "dtype": "float32", "shortlist": False, "weights_mb": None}
        else:
            engine, dtype, *more = name.split()
            way = {"engine": engine, "dtype": dtype, "shortlist": bool(more)}
            facts = way | {"weights_mb": round(weights_bytes(manifest, dtype) / MEGABYTE, 3)}
            translator = load(args.ship, threads=args.threads, **way)
        yield facts | {"sacrebleu": score["sacrebleu"]}, translator


@dataclass
class EagerState:
    """The hypotheses of one sentence."""

    inner: DecoderState

    def reorder(self, rows: Ids) -> None:
        self.inner.reorder(torch.from_numpy(rows[0]))


class Eager:
    """Eager torch as `hat.translator.beam.search` takes an engine, a sentence at a time."""

    def __init__(self, engine: TorchEager) -> None:
        self._engine = engine
        self.rows, self.independent = math.inf, True

    def encode(self, source: Ids) -> Encoded:
        return self._engine.encode(torch.from_numpy(source))

    def start_batch(self, sentences: Sequence[Encoded], rows: int, source_room: int, words: None) -> EagerState:
        (encoded,) = sentences
        return EagerState(self._engine.start(encoded, rows))

    def scored_step(self, tokens: Ids, state: EagerState) -> tuple[Floats, Floats]:
        logits = self._engine.step(torch.from_numpy(tokens), state.inner)
        return logits.numpy(), logits.logsumexp(1, keepdim=True).numpy()


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--task", required=True, metavar="NAME", help="of the experiment, for the record")
    p.add_argument("--model", required=True, metavar="NAME", help="its name, for the record")
    p.add_argument("--ship", required=True, type=Path, metavar="FOLDER", help="the shipped model")
    p.add_argument("--checkpoint", required=True, type=Path, metavar="PT", help="the same model for eager torch")
    p.add_argument("--raw", required=True, type=Path, metavar="FOLDER", help="the untouched corpus, with its test set")
    p.add_argument("--sentences", type=command.positive, default=200, metavar="N", help="evenly spread (default: 200)")
    p.add_argument("--threads", type=command.positive, default=1, metavar="N")
    p.add_argument("--output", required=True, type=Path, metavar="CSV", help="output: one row for each way to run it")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
