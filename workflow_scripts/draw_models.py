"""Draw a figure of models: BLEU against latency, CO2e, inherited loss or common dimensions, as PDF, PNG and CSV."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.paper.figure7 import draw_figure7, draw_figure8
from hat.paper.figure10 import draw_figure10
from hat.paper.figure11 import draw_figure11
from hat.paper.insights import draw_insights
from hat.paper.models import read_models
from hat_workflow import command

FIGURES = {
    "figure7": draw_figure7,
    "figure8": draw_figure8,
    "figure10": draw_figure10,
    "figure11": draw_figure11,
    "insights": draw_insights,
}


def main(args: argparse.Namespace) -> None:
    FIGURES[args.figure](read_models(args.models), args.output_stem)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--figure", required=True, choices=tuple(FIGURES))
    parser.add_argument("--models", required=True, type=Path, help="the models that it shows (CSV)")
    parser.add_argument("--output-stem", required=True, type=Path, help="files to write, without .pdf, .png and .csv")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
