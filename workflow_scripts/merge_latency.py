"""Join the latency samples of all shards, at one speed. Refused when they were not measured alike."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hat.errors import InputError
from hat.latency.collection import DRIFT_TOLERANCE, merge
from hat.latency.device_signature import DeviceSignature
from hat.latency.samples import read_samples, write_samples
from hat.latency.signature import common_signature
from hat.progress import say
from hat_workflow import command


def main(args: argparse.Namespace) -> None:
    if len(args.shards) != len(args.signatures):
        raise InputError("--signatures", f"{len(args.signatures)} for {len(args.shards)} shards", "one for each shard")
    devices = [DeviceSignature.load(path) for path in args.signatures]
    task = one_task(devices, args.signatures)
    signature = common_signature([device.signature for device in devices], args.signatures)
    shards = [read_samples(path) for path in args.shards]
    samples, merged = merge(shards, [device.anchor_ms for device in devices], signature)
    for path, device in zip(args.shards, devices, strict=True):
        speed = merged.anchor_ms / device.anchor_ms
        say(f"{path}: the anchor took {device.anchor_ms:.2f} ms; speed {speed:.2f} of all shards'")
    say(f"latency: speed off by over {DRIFT_TOLERANCE:.0%} for {merged.drifted} of {merged.samples} samples, corrected")
    write_samples(args.output, samples)
    replace(merged, task=task).save(args.signature)


def one_task(devices: Sequence[DeviceSignature], places: Sequence[Path]) -> str | None:
    """The task of all shards, None where no file tells it. InputError names the first shard of another task."""
    known = [(device.task, place) for device, place in zip(devices, places, strict=True) if device.task is not None]
    for task, place in known:
        if task != known[0][0]:
            raise InputError(place, f"task is {task!r}, but {known[0][0]!r} in {known[0][1]}", "one task for all")
    return known[0][0] if known else None


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--shards", required=True, nargs="+", type=Path, metavar="CSV")
    p.add_argument(
        "--signatures", required=True, nargs="+", type=Path, metavar="JSON", help="in the order of the shards"
    )
    p.add_argument("--output", required=True, type=Path, metavar="CSV", help="all samples")
    p.add_argument("--signature", required=True, type=Path, metavar="JSON", help="their common signature")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
