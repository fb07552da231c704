"""Measure the latency of a model that is no ordinary Transformer on this machine, as `measure_model` does.

A Levenshtein Transformer decodes test sentences of about the mean length, for as many iterations as each takes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.errors import InputError
from hat.files import write_json
from hat.progress import say
from hat_fairseq.model import load_model
from hat_fairseq.rivals.shared import levenshtein
from hat_workflow import command
from hat_workflow.arguments import timing


def main(args: argparse.Namespace) -> None:
    bench, anchor_ms = timing.reference_bench(args)
    model, facts = load_model(args.checkpoint)
    more = {}
    if facts["family"] == "levenshtein":
        if bench.device.dtype != "float32":
            raise InputError(args.device, f"dtype {bench.device.dtype} for a Levenshtein Transformer", "float32")
        raw, iterations = levenshtein.measure(model, args.statistics.parent, bench)
        latency = raw.at(anchor_ms)
        fixed_ms = latency.encoder_ms + latency.decoder_ms / iterations * levenshtein.PUBLISHED_ITERATIONS
        more = {
            "iterations": round(iterations, 3),
            "published_iterations": levenshtein.PUBLISHED_ITERATIONS,
            "published_iterations_ms": round(fixed_ms, 6),
        }
    else:
        latency = bench.measure_model(model).at(anchor_ms)
    say(f"latency: {latency.latency_ms:.2f} ms (median {latency.p50_ms:.2f}, drift {latency.drift:.2f})")
    write_json(args.output, latency.to_dict() | more)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--checkpoint", required=True, type=Path, metavar="PT", help="the trained model")
    timing.add_model_arguments(p)
    p.add_argument("--output", required=True, type=Path, metavar="JSON")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
