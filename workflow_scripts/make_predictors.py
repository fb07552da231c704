"""Write the table of latency predictors, their errors beside the published ones, as CSV, Markdown and LaTeX."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.errors import InputError
from hat.paper.predictors import Study, predictors_records, predictors_table
from hat_workflow import command


def main(args: argparse.Namespace) -> None:
    studies = loaded(args)
    predictors_table(studies).write(args.output_stem, predictors_records(studies))


def loaded(args: argparse.Namespace) -> list[Study]:
    if len(args.studies) != len(args.reports):
        raise InputError("--reports", f"{len(args.reports)} for {len(args.studies)} studies", "one for each")
    return [*map(Study.load, args.studies, args.reports)]


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", required=True, type=Path, nargs="+", help="study.csv of each device")
    parser.add_argument("--reports", required=True, type=Path, nargs="+", help="predictor.json of each, in that order")
    parser.add_argument("--output-stem", required=True, type=Path, help="files to write, without .csv, .md and .tex")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
