"""Draw how the error of latency predictors falls with the samples they learn from, as PDF, PNG and CSV."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.paper.predictors import draw_learning_curves
from hat_workflow import command
from make_predictors import loaded


def main(args: argparse.Namespace) -> None:
    draw_learning_curves(loaded(args), args.output_stem)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", required=True, type=Path, nargs="+", help="study.csv of each device")
    parser.add_argument("--reports", required=True, type=Path, nargs="+", help="predictor.json of each, in that order")
    parser.add_argument("--output-stem", required=True, type=Path, help="files to write, without .pdf, .png and .csv")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
