"""Draw the largest models that searches found within latency constraints, as PDF, PNG and CSV."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.errors import InputError
from hat.paper.models import read_models
from hat.paper.stand_in import Largest, draw_stand_in
from hat_workflow import command


def main(args: argparse.Namespace) -> None:
    if len(args.candidates) != len(args.budgets):
        raise InputError("--budgets", f"{len(args.budgets)} for {len(args.candidates)} searches", "one for each")
    found = [*map(Largest.load, args.candidates, args.budgets)]
    draw_stand_in(found, read_models(args.models), args.output_stem)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", required=True, type=Path, help="table of all models (CSV)")
    parser.add_argument("--candidates", required=True, type=Path, nargs="+", help="candidates.csv of each search")
    parser.add_argument("--budgets", required=True, type=Path, nargs="+", help="its budget (JSON), in that order")
    parser.add_argument("--output-stem", required=True, type=Path, help="files to write, without .pdf, .png and .csv")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
