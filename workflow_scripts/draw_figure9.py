"""Draw Figure 9: the best loss of evolutionary and random search after so many evaluations, as PDF, PNG and CSV."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.paper.figure9 import Searches, draw_figure9
from hat_workflow import command


def main(args: argparse.Namespace) -> None:
    draw_figure9([Searches.load(path) for path in args.searches], args.output_stem)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--searches", required=True, nargs="+", type=Path, help="searches.csv of each task")
    parser.add_argument("--output-stem", required=True, type=Path, help="files to write, without .pdf, .png and .csv")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
