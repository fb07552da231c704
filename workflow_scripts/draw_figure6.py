"""Draw Figure 6: predicted against measured latency on the test split of each device, as PDF, PNG and CSV."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.errors import InputError
from hat.paper.figure6 import Predictions, draw_figure6
from hat_workflow import command


def main(args: argparse.Namespace) -> None:
    if len(args.predictions) != len(args.reports):
        raise InputError("--reports", f"{len(args.reports)} for {len(args.predictions)} predictions", "one for each")
    draw_figure6([*map(Predictions.load, args.predictions, args.reports)], args.output_stem)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--predictions", required=True, type=Path, nargs="+", help="predictions.csv of each device")
    parser.add_argument("--reports", required=True, type=Path, nargs="+", help="predictor.json of each, in that order")
    parser.add_argument("--output-stem", required=True, type=Path, help="files to write, without .pdf, .png and .csv")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
