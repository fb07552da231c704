"""Turn a budget such as 25% into milliseconds on one device, and refuse what cannot be searched."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.cost import STORED
from hat.files import JsonFile, write_json
from hat.predictor.model import Predictor, reported_rmse_ms
from hat.progress import say
from hat.search.limits import resolve
from hat_workflow import command, settings
from hat_workflow.arguments import identity


def main(args: argparse.Namespace) -> None:
    found = resolve(
        args.budgets,
        args.budget,
        settings.design_space(args.space),
        Predictor.load(args.predictor).predict_ms,
        reported_rmse_ms(args.report),
        dtype=args.dtype,
        vocabularies=vocabularies(args.corpus) if args.corpus else (),
    )
    for known in found["budgets"].values():
        if known["latency_ms"] > found["slowest_ms"]:
            slowest = f"above the slowest model of this space on {args.device_name} ({found['slowest_ms']:.4g} ms)"
            say(f"budget {known['text']}: {slowest}; it limits nothing")
    write_json(args.output, {**identity.of(args), **found})


def vocabularies(corpus: Path) -> list[int]:
    """The size of the one that both languages share, or of source and target."""
    record = JsonFile(corpus / "statistics.json")
    sizes = [int(record.number(f"{side}_vocabulary")) for side in ("source", "target")]
    return sizes[:1] if record["dictionary"] == "joint" else sizes


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    identity.add_arguments(p)
    p.add_argument("--predictor", required=True, type=Path, metavar="PT")
    p.add_argument("--report", required=True, type=Path, metavar="JSON", help="the predictor's errors")
    p.add_argument("--space", required=True, help="design space: a name or a .yaml file")
    forms = "all of the device: 25%%, 120ms, '50%%, 1M parameters, 5 MB'"
    p.add_argument("--budgets", required=True, nargs="+", metavar="BUDGET", help=forms)
    p.add_argument("--budget", required=True, metavar="NAME", help="which of them to resolve, such as p25 or 120ms")
    p.add_argument("--dtype", choices=[*STORED], default="float32", help="number format in which megabytes count")
    p.add_argument("--corpus", nargs="?", type=Path, metavar="FOLDER", help="binarised corpus; megabytes need it")
    p.add_argument("--output", required=True, type=Path, metavar="JSON")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
