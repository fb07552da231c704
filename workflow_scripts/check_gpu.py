"""Check a GPU in a few minutes: training at full width beside plain fairseq, latencies by the protocol, a predictor."""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from hat.files import JsonFile, write_text
from hat.latency.signature import checkout_commit
from hat.progress import say
from hat_fairseq.benchmark import compare_training, updates
from hat_fairseq.random_corpus import write_random_corpus
from hat_fairseq.training import Training
from hat_workflow import command, settings
from hat_workflow.listing import Listing, readable

TASK = "wmt14.en-de"
VOCABULARY, LENGTH, PAIRS = 32768, 30, 2000
"""Of the paper's WMT'14 En-De."""


def main(args: argparse.Namespace) -> None:
    if not torch.cuda.is_available() and args.device == parser().get_default("device"):
        say("skipped: training in fp16 and bf16, latencies and their predictor; there is no GPU here")
        return
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        lines = {"train": PAIRS, "valid": 20, "test": 20}
        write_random_corpus(place / "corpus", vocabulary=args.vocabulary, length=LENGTH, lines=lines)
        rows = [row for part in (training, latency) for row in timed(part, args, place)]
    name = torch.cuda.get_device_name() if torch.cuda.is_available() else platform.processor() or platform.machine()
    table = Listing(
        name="GPU check",
        caption=f"{name}, torch {torch.__version__}, CUDA {torch.version.cuda}, commit {checkout_commit()}",
        columns=("what", "value", "unit", "beside plain fairseq"),
        text_columns=1,
        groups=[rows],
        notes=[
            f"Training: the design space {args.space}, {args.vocabulary:,} words, random sentences of {LENGTH} tokens, "
            f"batches of {args.max_tokens} tokens, median of {args.turns} turns; plain fairseq trains a Transformer as "
            "large as the largest SubTransformer, in the same precision.",
            f"Latency: the paper's protocol for device {args.device}; {args.samples} samples of {args.runs} runs, "
            "some of them to test the predictor.",
        ],
    )
    print(table.text())
    write_text(args.output, table.text() + "\n")


Rows = list[tuple[str, ...]]


def timed(part: Callable[[argparse.Namespace, Path], Rows], args: argparse.Namespace, place: Path) -> Rows:
    started = time.monotonic()
    rows = part(args, place)
    return [*rows, (f"{part.__name__}: the check itself", readable(time.monotonic() - started), "s", "")]


def training(args: argparse.Namespace, place: Path) -> Rows:
    """Target tokens per second, and the ratio to plain fairseq in the same precision."""
    space = settings.design_space(args.space)
    recipe = settings.recipe(args.training, "supertransformer")
    recipe |= {"update_freq": 1, "max_tokens": args.max_tokens, "updates": updates(args.turns)}
    job = Training(
        label="check_gpu",
        corpus=place / "corpus",
        architecture=space.maximum,
        recipe=recipe,
        seed=1,
        threads=1,
        space=space.to_dict(),
    )
    rows = []
    for precision in args.precisions:
        folder = place / precision
        folder.mkdir()
        for row in compare_training(job, space.largest, args.turns, folder, plain=precision, precisions=[precision]):
            speed = readable(row["tokens_per_second"])
            rows.append((f"training, {row['training']}", speed, "tokens/s", f"{row['ratio']:.2f}"))
    return rows


def latency(args: argparse.Namespace, place: Path) -> Rows:
    """What the largest SubTransformer takes, and how well 50 samples teach the rest."""
    space = settings.design_space(args.space)
    space.largest.save(place / "largest.yaml")
    shared = ("--task", TASK, "--device", args.device, "--statistics", place / "corpus" / "statistics.json")
    samples, signature = place / "samples.csv", place / "signature.json"
    known = ("--space", args.space, "--samples", args.samples, "--rolling", place / "rolling")
    shared = (*shared, "--runs", args.runs, "--signature", signature)
    run("measure_anchor", *shared, "--space", args.space)
    run("collect_latency", *shared, *known, "--output", samples)
    words = ("--architecture", place / "largest.yaml", "--model", "largest", "--output", place / "largest.json")
    run("measure_model", *shared, *words)
    outputs = ("--predictor", place / "p.pt", "--report", place / "p.json", "--predictions", place / "p.csv")
    named = ("--task", TASK, "--device-name", Path(args.device).stem, "--space", args.space)
    run("fit_predictor", *named, "--samples", samples, *outputs)
    largest, report = JsonFile(place / "largest.json"), JsonFile(place / "p.json")
    error = report.number("models", report["chosen"], "test", "mape")
    return [
        ("latency of the largest SubTransformer", readable(largest.number("latency_ms")), "ms", ""),
        ("its uncertainty", readable(largest.number("uncertainty_ms")), "ms", ""),
        ("error of the latency predictor", readable(100 * error), "%", ""),
    ]


def run(name: str, *words: Any) -> None:
    script = Path(__file__).with_name(f"{name}.py")
    ended = subprocess.run([sys.executable, script, *map(str, words)], check=False)
    if ended.returncode:  # it has told why
        raise SystemExit(ended.returncode)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--space", default="space0", help="design space: a name or a .yaml file")
    p.add_argument("--training", default="wmt", help="training file: a name or a .yaml file")
    p.add_argument("--device", default="this-gpu", help="device: a name or a .yaml file")
    p.add_argument("--precisions", nargs="+", default=["fp16", "bf16"], choices=["fp32", "fp16", "bf16"])
    p.add_argument("--vocabulary", type=command.positive, default=VOCABULARY, metavar="N", help="words")
    p.add_argument("--max-tokens", type=command.positive, default=4096, metavar="N", help="tokens of a batch")
    p.add_argument("--turns", type=command.positive, default=10, metavar="N", help="counted turns of each contestant")
    p.add_argument("--samples", type=command.positive, default=50, metavar="N", help="measured SubTransformers")
    p.add_argument("--runs", type=command.positive, default=20, metavar="N", help="runs of each latency")
    p.add_argument("--output", type=Path, required=True, metavar="MD", help="output: the table")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
