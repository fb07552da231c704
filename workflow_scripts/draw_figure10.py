"""Draw Figure 10: CO2e of training the models of Table 2, beside the Evolved Transformer's search."""

from __future__ import annotations

import argparse
from pathlib import Path

import command
from hat.paper.figure10 import draw_figure10
from hat.paper.models import read_models


def main(args: argparse.Namespace) -> None:
    draw_figure10(read_models(args.models), args.output_stem)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", required=True, type=Path, help="the models of Table 2 (CSV)")
    parser.add_argument("--output-stem", required=True, type=Path, help="files to write, without .pdf, .png and .csv")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
