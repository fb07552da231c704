"""Write Table 8: latency, size, FLOPs and BLEU of every model of the experiment, as CSV, Markdown and LaTeX."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.paper.models import read_models
from hat.paper.table8 import table8, table8_records
from hat_workflow import command


def main(args: argparse.Namespace) -> None:
    rows = read_models(args.models)
    table8(rows).write(args.output_stem, table8_records(rows))


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", required=True, type=Path, help="models.csv of the experiment")
    parser.add_argument("--output-stem", required=True, type=Path, help="files to write, without .csv, .md and .tex")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
