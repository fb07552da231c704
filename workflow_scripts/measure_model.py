"""Measure the latency of one architecture on this machine, by the paper's protocol."""

from __future__ import annotations

import argparse
from pathlib import Path

import command
import timing
from hat.architecture import SubTransformer
from hat.files import write_json
from hat.latency.protocol import PAPER_RUNS
from hat.progress import say


def main(args: argparse.Namespace) -> None:
    measure = timing.Reference(args.reference).measure(args)
    latency = measure(SubTransformer.load(args.architecture))
    say(f"latency: {latency.latency_ms:.2f} ms (median {latency.p50_ms:.2f}, drift {latency.drift:.2f})")
    write_json(args.output, latency.to_dict())


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--architecture", required=True, type=Path, metavar="YAML")
    timing.add_arguments(p, runs=PAPER_RUNS)
    p.add_argument(
        "--reference", required=True, type=Path, metavar="JSON", help="signature.json of the device's samples"
    )
    p.add_argument("--output", required=True, type=Path, metavar="JSON")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
