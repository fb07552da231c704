"""Join the latency samples of all shards, at one speed. Refused when they were not measured alike."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.errors import InputError
from hat.latency.collection import DRIFT_TOLERANCE, merge
from hat.latency.reference import Reference
from hat.latency.samples import read_samples, write_samples
from hat.latency.signature import common_signature
from hat.progress import say
from hat_workflow import command


def main(args: argparse.Namespace) -> None:
    if len(args.shards) != len(args.signatures):
        raise InputError("--signatures", f"{len(args.signatures)} for {len(args.shards)} shards", "one for each shard")
    references = [Reference.load(path) for path in args.signatures]
    signature = common_signature([reference.signature for reference in references], args.signatures)
    shards = [read_samples(path) for path in args.shards]
    samples, merged = merge(shards, [reference.anchor_ms for reference in references], signature)
    for path, reference in zip(args.shards, references, strict=True):
        speed = merged.anchor_ms / reference.anchor_ms
        say(f"{path}: the anchor took {reference.anchor_ms:.2f} ms; speed {speed:.2f} of all shards'")
    say(f"latency: speed off by over {DRIFT_TOLERANCE:.0%} for {merged.drifted} of {merged.samples} samples, corrected")
    write_samples(args.output, samples)
    merged.save(args.signature)


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
