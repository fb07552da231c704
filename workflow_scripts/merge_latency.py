"""Join the latency samples of all shards. Refused when they were not measured alike."""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import median

import command
from hat.errors import InputError
from hat.files import read_json, write_json
from hat.latency.collection import merge
from hat.latency.drift import drifted
from hat.latency.samples import read_samples, write_samples
from hat.latency.signature import Signature, common_signature
from hat.progress import say


def main(args: argparse.Namespace) -> None:
    if len(args.shards) != len(args.signatures):
        raise InputError("--signatures", f"{len(args.signatures)} for {len(args.shards)} shards", "one for each shard")
    signatures, anchors_ms = [], []
    for path in args.signatures:
        facts = read_json(path)
        if not isinstance(facts, dict) or not isinstance(facts.get("anchor_ms"), float):
            raise InputError(path, "not the signature of a latency shard")
        signatures.append(Signature.from_dict(facts.get("signature"), path))
        anchors_ms.append(facts["anchor_ms"])
    signature = common_signature(signatures, args.signatures)
    for path, anchor_ms in zip(args.shards, anchors_ms, strict=True):
        if drifted(anchor_ms / median(anchors_ms)):
            say(f"{path}: the machine's speed was {median(anchors_ms) / anchor_ms:.2f} of the other shards'")
    samples = merge([read_samples(path) for path in args.shards], anchors_ms)
    facts = {
        "signature": signature.to_dict(),
        "samples": len(samples),
        "drifted": sum(drifted(sample.drift) for sample in samples),
        "anchor_ms": median(anchors_ms),
    }
    write_samples(args.output, samples)
    write_json(args.signature, facts)


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
