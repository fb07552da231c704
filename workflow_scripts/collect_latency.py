"""Measure the latency of sampled SubTransformers on this machine: one shard of the samples.

The first of them are chosen to teach the predictor most, the others are random.

Resumes where a killed collection stopped. Each run is followed by one of the anchor, which tells the machine's speed:
the samples are brought to that of the device's signature.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import replace
from pathlib import Path

from hat.engines.factory import module_of
from hat.errors import InputError
from hat.latency.choosing import choose_samples
from hat.latency.collection import collect
from hat.latency.samples import write_samples
from hat.rolling import rolling_folder
from hat_workflow import command, settings
from hat_workflow.arguments import timing
from hat_workflow.code_hash import code_hash


def main(args: argparse.Namespace) -> None:
    if not 0 <= args.shard < args.shards <= args.samples:
        raise InputError("--shard", f"{args.shard} of {args.shards}", f"0 to shards - 1, shards up to {args.samples}")
    space = settings.design_space(args.space)
    elsewhere = timing.timed_where(args)
    bench, device = timing.bench_of_device(args, args.precision)
    subs = choose_samples(space, args.seed, args.samples)
    order = list(range(args.shard, args.samples, args.shards))
    random.Random(f"{args.seed}:{args.shard}").shuffle(order)
    # not how many samples: a larger collection goes on where a smaller one ended
    fingerprint = {
        "code": code_hash("hat.latency.collection", "hat.latency.protocol", "hat.latency.samples"),
        "engine": code_hash(module_of(bench.device.engine)),
        "space": space.to_dict(),
        "choosing": code_hash("hat.latency.choosing"),
        "precision": args.precision,
        "share_embeddings": bench.workload.share_embeddings,
        "signature": replace(bench.signature, commit=None).to_dict(),
        "shard": args.shard,
        "shards": args.shards,
        "seed": args.seed,
        **({"where": elsewhere} if elsewhere else {}),
    }
    with rolling_folder(args.rolling, f"latency-{bench.device.name}-{args.shard}", fingerprint) as folder:
        samples = collect(folder / "log.jsonl", subs, order, bench.measure, device, timing.is_here(bench))
    write_samples(args.output, samples)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--space", required=True, help="design space: a name or a .yaml file")
    timing.add_arguments(p, runs=20)
    timing.add_signature(p)
    timing.add_precision(p)
    p.add_argument("--samples", type=command.positive, default=2000, metavar="N", help="of all shards together")
    p.add_argument("--shard", type=int, default=0, metavar="I", help="which shard, from 0")
    p.add_argument("--shards", type=command.positive, default=1, metavar="N", help="how many there are")
    p.add_argument("--seed", type=int, default=1, metavar="N")
    p.add_argument("--rolling", required=True, type=Path, metavar="FOLDER", help="where measurements are kept")
    p.add_argument("--output", required=True, type=Path, metavar="CSV", help="the samples")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
