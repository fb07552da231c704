"""Fetch a latency data set that others published, verify it, and mark the stretches measured at another speed."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from hat.download import Resource
from hat.errors import InputError, nearest
from hat.files import write_json
from hat.predictor.published import PublishedSamples
from hat.progress import say
from hat_workflow import command, settings
from hat_workflow.arguments import fetching

MIRRORED_AS = "hat/latency_dataset"


def main(args: argparse.Namespace) -> None:
    published = settings.load("device", args.device)["published"]
    if args.task not in published:
        raise InputError(args.device, f"no published latencies for {args.task!r}", nearest(args.task, published))
    source = published[args.task]
    resource = Resource(candidates=(source["url"],), sha256=source["sha256"])
    found = fetching.obtain(args, MIRRORED_AS, resource)
    samples = PublishedSamples.load(found.path)
    for stretch in samples.stretches:
        say(f"latency: rows {stretch.first} to {stretch.last} at {stretch.shift:.0%} of the others' latency, left out")
    samples.write(args.output)
    facts = {
        "task": args.task,
        "device": settings.find("device", args.device).stem,
        "from": found.origin,
        "sha256": found.sha256,
        "samples": len(samples.frame),
        "drifted": int((samples.frame["drift"] != 1).sum()),
        "stretches": [asdict(stretch) for stretch in samples.stretches],
    }
    write_json(args.signature, facts)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--device", required=True, help="device with published latencies: a name or a .yaml file")
    p.add_argument("--task", required=True, help="which of them")
    fetching.add_download_arguments(p, MIRRORED_AS)
    p.add_argument("--output", required=True, type=Path, metavar="CSV", help="the samples")
    p.add_argument("--signature", required=True, type=Path, metavar="JSON", help="where they come from, their drift")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
