"""Join the latency samples of all shards."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.latency.samples import read_samples, write_samples
from hat.progress import say
from hat_workflow import command

DRIFT_TOLERANCE = 0.05


def main(args: argparse.Namespace) -> None:
    samples = [sample for path in args.shards for sample in read_samples(path)]
    drifted = sum(abs(sample.numbers["drift"] - 1) > DRIFT_TOLERANCE for sample in samples)
    say(f"latency: speed off by over {DRIFT_TOLERANCE:.0%} for {drifted} of {len(samples)} samples, corrected")
    write_samples(args.output, samples)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--shards", required=True, nargs="+", type=Path, metavar="CSV")
    p.add_argument("--output", required=True, type=Path, metavar="CSV", help="all samples")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
