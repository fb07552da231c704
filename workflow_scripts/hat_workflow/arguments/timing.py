"""What the commands that time models share: which device, which task, how many runs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from hat.architecture import SubTransformer
from hat.engines.interface import Device
from hat.errors import InputError
from hat.latency.busy import measure_steadily
from hat.latency.device_signature import DeviceSignature
from hat.latency.protocol import PAPER_RUNS, Bench, Protocol, Workload
from hat.latency.recorded import RecordedBench
from hat.latency.remote import RemoteBench, Ssh
from hat.latency.signature import Latency, common_signature

from hat_workflow import command, settings
from hat_workflow.kit import timing_kit
from hat_workflow.timed_where import check_where, where

AnyBench = Bench | RemoteBench | RecordedBench


def add_arguments(p: argparse.ArgumentParser, runs: int) -> None:
    """`runs` is the default of --runs."""
    p.add_argument("--task", required=True, metavar="NAME", help="of the experiment, for the record")
    p.add_argument("--device", required=True, help="device: a name or a .yaml file")
    p.add_argument("--statistics", required=True, type=Path, metavar="JSON", help="of the binarised corpus")
    p.add_argument(
        "--sentence-length", type=command.positive, metavar="N", help="tokens a side, instead of the test set's mean"
    )
    p.add_argument(
        "--runs", type=command.positive, default=runs, metavar="N", help="timed runs of a model (default: %(default)s)"
    )


def add_model_arguments(p: argparse.ArgumentParser) -> None:
    """Those of commands that time single models, as often as the paper does."""
    add_arguments(p, runs=PAPER_RUNS)
    add_signature(p)


def add_signature(p: argparse.ArgumentParser) -> None:
    p.add_argument("--signature", required=True, type=Path, metavar="JSON", help="of the device: from measure_anchor")


def add_precision(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "--precision",
        type=float,
        metavar="SHARE",
        help="runs stop when the 95%% interval of the mean is within this share of it, such as 0.01 (default: never)",
    )


def bench(args: argparse.Namespace, anchor: SubTransformer, precision: float | None = None) -> AnyBench:
    """What times on the device, set up by the arguments of `add_arguments`: here, by ssh, or by hand before.

    Runs stop at a `precision`, if any.
    """
    record = settings.load("device", args.device)
    if record["published"] is not None:
        raise InputError(
            args.device, "is not at hand, its latencies are published ones", "a device without 'published'"
        )
    check_where(record, args.device)
    device = described(settings.find("device", args.device).stem, record)
    workload = Workload.from_statistics(args.statistics, args.sentence_length)
    how = (device, workload, Protocol(runs=args.runs, precision=precision), anchor)
    if record["measured"]:
        return RecordedBench(*how, Path(record["measured"]))
    if record["ssh"]:
        return RemoteBench(*how, Ssh(**record["ssh"]), timing_kit(device.engine))
    return Bench(*how)


def is_here(bench: AnyBench) -> bool:
    """Whether it is this machine that times."""
    return isinstance(bench, Bench)


def timed_where(args: argparse.Namespace) -> str:
    """Where the device of `add_arguments` is timed, as text; nothing for this machine."""
    return where(settings.load("device", args.device))


def described(name: str, record: Mapping[str, Any]) -> Device:
    """A device of this name, from the contents of its file."""
    return Device(name=name, **{key.name: record[key.name] for key in fields(Device) if key.name != "name"})


def measure_with(args: argparse.Namespace) -> Callable[[SubTransformer], Latency]:
    """How to measure SubTransformers on this machine at the device's own speed (`add_model_arguments`).

    What is doubtful is measured again. InputError when this machine or this task is not that of the signature, or too
    busy, or was so when the device's own speed was measured.
    """
    here, device = bench_of_device(args)
    return lambda sub: measure_steadily(lambda: device.at_own_speed(here.measure(sub)), is_here(here))


def bench_of_device(args: argparse.Namespace, precision: float | None = None) -> tuple[AnyBench, DeviceSignature]:
    """This machine, set up as the device's signature says, and that signature. InputError as above."""
    device = DeviceSignature.load(args.signature)
    if device.task not in (None, args.task):
        raise InputError(args.signature, f"task is {device.task!r}", f"{args.task!r}, as --task says")
    here = bench(args, SubTransformer.from_dict(json.loads(device.signature.anchor)), precision)
    alike = replace(here.signature, runs=device.signature.runs)
    common_signature([device.signature, alike], [args.signature, "this measurement"])
    return here, device
