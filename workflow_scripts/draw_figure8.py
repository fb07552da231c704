"""Draw Figure 8: Figure 7 for the tasks with one device, as PDF, PNG and CSV."""

from __future__ import annotations

import argparse
from pathlib import Path

import command
from hat.paper.figure7 import draw_figure7, on_one_device
from hat.paper.models import read_models


def main(args: argparse.Namespace) -> None:
    draw_figure7(on_one_device(read_models(args.models)), args.output_stem)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", required=True, type=Path, help="the models of Table 8 (CSV)")
    parser.add_argument("--output-stem", required=True, type=Path, help="files to write, without .pdf, .png and .csv")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
