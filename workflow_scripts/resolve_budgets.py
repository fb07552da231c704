"""Turn latency budgets such as 25% and 120ms into milliseconds on one device, and refuse what cannot be searched."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.files import write_json
from hat.predictor.model import Predictor, reported_rmse_ms
from hat.search.reach import latency_range, resolve
from hat_workflow import command, settings
from hat_workflow.arguments import identity


def main(args: argparse.Namespace) -> None:
    predictor = Predictor.load(args.predictor)
    found = latency_range(settings.design_space(args.space), predictor.predict_ms)
    write_json(args.output, {**identity.of(args), **resolve(args.budgets, found, reported_rmse_ms(args.report))})


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    identity.add_arguments(p)
    p.add_argument("--predictor", required=True, type=Path, metavar="PT")
    p.add_argument("--report", required=True, type=Path, metavar="JSON", help="the predictor's errors")
    p.add_argument("--space", required=True, help="design space: a name or a .yaml file")
    p.add_argument("--budgets", required=True, nargs="+", metavar="BUDGET", help="such as 25%% or 120ms")
    p.add_argument("--output", required=True, type=Path, metavar="JSON")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
