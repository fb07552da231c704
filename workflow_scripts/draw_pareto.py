"""Draw the front that the Pareto search found beside one search per budget, and write its menu of models as a table."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.errors import InputError
from hat.paper.pareto import Front, draw_pareto, menu
from hat_workflow import command


def main(args: argparse.Namespace) -> None:
    found = [_front(path, history, args) for path, history in zip(args.fronts, args.histories, strict=True)]
    draw_pareto(found, args.output_stem)
    menu(found).write(args.menu_stem)


def _front(path: Path, history: Path, args: argparse.Namespace) -> Front:
    """The files of the same task and device, by where they lie."""
    device, task = path.parent.name, path.parents[2]
    candidates = [each for each in args.candidates if each.parents[1] == task / "search" / device]
    budgets = [task / "latency" / device / "budgets" / f"{each.parent.name}.json" for each in candidates]
    if not candidates:
        raise InputError(path, "no search for this device among --candidates", f"files below {task}/search/{device}")
    return Front.load(history, path, candidates, budgets)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fronts", required=True, nargs="+", type=Path, help=".../{task}/pareto/{device}/front.csv")
    parser.add_argument("--histories", required=True, nargs="+", type=Path, help="history.csv beside each front")
    parser.add_argument(
        "--candidates", required=True, nargs="+", type=Path, help=".../{task}/search/{device}/{budget}/candidates.csv"
    )
    parser.add_argument("--output-stem", required=True, type=Path, help="figure to write, without .pdf, .png and .csv")
    parser.add_argument("--menu-stem", required=True, type=Path, help="table to write, without .csv, .md and .tex")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
