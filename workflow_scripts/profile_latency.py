"""Measure how latency depends on each dimension of a Transformer alone: embed dim, FFN dim, depth, heads, attention."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.cost import count_flops
from hat.files import write_csv
from hat.latency.doubt import is_doubtful
from hat.latency.profile import variants
from hat.progress import Progress
from hat_workflow import command, settings
from hat_workflow.arguments import timing


def main(args: argparse.Namespace) -> None:
    measure = timing.measure_with(args)
    wanted = variants(settings.design_space(args.space))
    progress = Progress("profile", len(wanted), unit="architectures")
    known, rows = {}, []
    for dimension, value, sub in wanted:
        if sub not in known:
            known[sub] = measure(sub)
        latency = known[sub]
        length = latency.signature.sentence_length
        names = {"task": args.task, "device": latency.signature.device}
        facts = {"dimension": dimension, "value": value, "flops": count_flops(sub, length), **latency.numbers()}
        rows.append({**names, **facts, "doubtful": is_doubtful(latency.numbers()), "architecture": sub.key})
        progress.step(f"last {latency.latency_ms:.1f} ms")
    write_csv(args.output, rows)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--space", required=True, help="design space: a name or a .yaml file")
    timing.add_model_arguments(p)
    p.add_argument("--output", required=True, type=Path, metavar="CSV", help="a row for each dimension and value")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
