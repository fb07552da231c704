"""What the commands that time models share: which device, which task, how many runs."""

from __future__ import annotations

import argparse
from pathlib import Path

import configuration
from hat.engines.interface import Device
from hat.latency.protocol import Bench, Protocol, Workload


def add_arguments(p: argparse.ArgumentParser, runs: int) -> None:
    """`runs` is the default of --runs."""
    p.add_argument("--device", required=True, help="device: a name or a .yaml file")
    p.add_argument("--statistics", required=True, type=Path, metavar="JSON", help="of the binarised corpus")
    p.add_argument(
        "--sentence-length", type=positive, metavar="N", help="tokens a side, instead of the test set's mean"
    )
    p.add_argument(
        "--runs", type=positive, default=runs, metavar="N", help="timed runs of a model (default: %(default)s)"
    )


def bench(args: argparse.Namespace) -> Bench:
    """This machine, set up as `add_arguments` was answered."""
    record = configuration.load("device", args.device)
    del record["description"]
    device = Device(name=configuration.find("device", args.device).stem, **record)
    workload = Workload.from_statistics(args.statistics, args.sentence_length)
    return Bench(device, workload, Protocol(runs=args.runs))


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number
