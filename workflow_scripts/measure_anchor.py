"""Measure a device's own speed for a task: what the anchor takes, the architecture timed in turn with every other one.

All latencies of the task on the device are brought to this speed, whatever the machine does when they are timed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.latency.anchor import anchor, own_speed, settled
from hat.latency.device_signature import DeviceSignature
from hat.latency.recorded import RecordedBench
from hat.progress import say
from hat_workflow import command, settings
from hat_workflow.arguments import timing


def main(args: argparse.Namespace) -> None:
    sub = anchor(settings.design_space(args.space))
    bench = timing.bench(args, sub, args.precision)
    if isinstance(bench, RecordedBench):
        anchor_ms = settled(bench.everything(), here=False)
    else:
        anchor_ms = own_speed(lambda: bench.measure(sub), timing.is_here(bench))
    say(f"anchor: {anchor_ms:.2f} ms on {bench.signature.processor}")
    DeviceSignature(task=args.task, signature=bench.signature, anchor_ms=anchor_ms).save(args.signature)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--space", required=True, help="design space: a name or a .yaml file")
    timing.add_arguments(p, runs=20)
    timing.add_precision(p)
    p.add_argument("--signature", required=True, type=Path, metavar="JSON", help="what latencies depend on; the speed")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
