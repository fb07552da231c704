"""Draw Figure 12: the architectures of named models side by side, as PDF, PNG and CSV."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.errors import InputError, nearest
from hat.paper.figure12 import draw_figure12
from hat.paper.models import read_models
from hat_workflow import command


def main(args: argparse.Namespace) -> None:
    rows = {f"{row.task}/{row.model}": row for row in reversed(read_models(args.models))}
    for name in args.compared:
        if name not in rows:
            raise InputError(args.models, f"no model {name!r}", nearest(name, rows))
    draw_figure12([rows[name] for name in args.compared], args.output_stem)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", required=True, type=Path, help="table of all models (CSV)")
    parser.add_argument("--compared", required=True, nargs="+", metavar="TASK/MODEL", help="which of them, in order")
    parser.add_argument("--output-stem", required=True, type=Path, help="files to write, without .pdf, .png and .csv")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
