"""Measure the latency of an Evolved, Lite or Levenshtein Transformer on this machine, and count what it computes.

The protocol is that of `measure_model`. A Levenshtein Transformer translates test sentences of about the mean length,
each in as many iterations as it takes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.engines.torch_eager import ENGINE, TorchEager
from hat.errors import InputError
from hat.files import write_json
from hat.latency.busy import measure_steadily
from hat.latency.doubt import is_doubtful
from hat.latency.protocol import Bench
from hat.progress import say
from hat_fairseq.rivals.counting import PUBLISHED_ITERATIONS, cost
from hat_fairseq.rivals.families import load_rival
from hat_fairseq.rivals.timing import measure
from hat_workflow import command
from hat_workflow.arguments import timing


def main(args: argparse.Namespace) -> None:
    bench, device = timing.bench_of_device(args)
    if not isinstance(bench, Bench) or bench.device.engine != ENGINE:
        raise InputError(args.device, "cannot hold what is no Transformer", f"this machine, with the engine {ENGINE}")
    model, family = load_rival(args.checkpoint)
    counts = cost(model, family, bench.workload.sentence_length)
    refined = {}
    if family == "levenshtein":
        if bench.device.dtype != "float32":
            raise InputError(args.device, f"dtype {bench.device.dtype} for a Levenshtein Transformer", "float32")
        raw, iterations = measure(model, args.statistics.parent, bench)
        latency = device.at_own_speed(raw)
        published_ms = latency.encoder_ms + latency.decoder_ms / iterations * PUBLISHED_ITERATIONS
        refined = {
            "iterations": round(iterations, 3),
            "published_iterations": PUBLISHED_ITERATIONS,
            "published_iterations_ms": round(published_ms, 6),
            # sentences differ in their iterations, so that the median tells nothing
            "doubtful": is_doubtful(latency.numbers() | {"p50_ms": latency.latency_ms}),
        }
    else:
        engine = TorchEager(model, bench.device)
        latency = measure_steadily(lambda: device.at_own_speed(bench.measure_engine(engine)))
    say(f"latency: {latency.latency_ms:.2f} ms (median {latency.p50_ms:.2f}, drift {latency.drift:.2f})")
    names = {"task": args.task, "model": args.model, "device": bench.device.name}
    write_json(args.output, names | latency.to_dict() | refined | counts)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--checkpoint", required=True, type=Path, metavar="PT", help="the trained model")
    p.add_argument("--model", required=True, metavar="NAME", help="its name, for the record")
    timing.add_model_arguments(p)
    p.add_argument("--output", required=True, type=Path, metavar="JSON", help="its latency, parameters and FLOPs")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
