"""What the commands that time models share: which device, which task, how many runs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import configuration
from hat.architecture import SubTransformer
from hat.engines.interface import Device
from hat.errors import InputError
from hat.files import read_json
from hat.latency.protocol import Bench, Protocol, Workload
from hat.latency.signature import Latency, Signature, common_signature


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


def bench(args: argparse.Namespace, anchor: SubTransformer) -> Bench:
    """This machine, set up as `add_arguments` was answered."""
    record = configuration.load("device", args.device)
    del record["description"]
    device = Device(name=configuration.find("device", args.device).stem, **record)
    workload = Workload.from_statistics(args.statistics, args.sentence_length)
    return Bench(device, workload, Protocol(runs=args.runs), anchor)


class Reference:
    """What a device's samples say about its speed: an anchor, and how long it takes on that device."""

    def __init__(self, path: Path) -> None:
        """`path` is the signature.json of the device's samples."""
        facts = read_json(path)
        if not isinstance(facts, dict) or not isinstance(facts.get("anchor_ms"), float):
            raise InputError(path, "not the signature of latency samples", "one that merge_latency wrote")
        self.path = path
        self.signature = Signature.from_dict(facts.get("signature"), path)
        self.anchor_ms: float = facts["anchor_ms"]

    def measure(self, args: argparse.Namespace) -> Callable[[SubTransformer], Latency]:
        """Measure SubTransformers on this machine, at the speed of the device's samples.

        InputError when this machine or this task is not that of the samples.
        """
        here = bench(args, SubTransformer.from_dict(json.loads(self.signature.anchor)))
        alike = replace(here.signature, runs=self.signature.runs)
        common_signature([self.signature, alike], [self.path, "this measurement"])
        return lambda sub: here.measure(sub).at(self.anchor_ms)


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number
