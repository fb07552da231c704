"""Measure the latency of one architecture on this machine, at the own speed of its device.

The paper's protocol: the trimmed mean of the encoder's pass plus that of the decoder's steps, for one sentence. An
anchor timed in turn tells how far the machine has drifted since.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.architecture import SubTransformer
from hat.files import write_json
from hat.progress import say
from hat_workflow import command
from hat_workflow.arguments import timing


def main(args: argparse.Namespace) -> None:
    latency = timing.measure_with(args)(SubTransformer.load(args.architecture))
    say(f"latency: {latency.latency_ms:.2f} ms (median {latency.p50_ms:.2f}, drift {latency.drift:.2f})")
    names = {"task": args.task, "model": args.model, "device": latency.signature.device}
    write_json(args.output, names | latency.to_dict())


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--architecture", required=True, type=Path, metavar="YAML")
    p.add_argument("--model", required=True, metavar="NAME", help="its name, for the record")
    timing.add_model_arguments(p)
    p.add_argument("--output", required=True, type=Path, metavar="JSON")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
