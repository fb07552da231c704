"""Write one of the tables that compare a few models (Tables 1 to 7, distillation), as CSV, Markdown and LaTeX."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.paper.distillation import distillation
from hat.paper.models import read_models
from hat.paper.table1 import table1
from hat.paper.table2 import table2
from hat.paper.table3 import table3
from hat.paper.table4 import table4
from hat.paper.table5 import table5
from hat.paper.table6 import table6
from hat.paper.table7 import table7
from hat_workflow import command

TABLES = {
    "table1": table1,
    "table2": table2,
    "table3": table3,
    "table4": table4,
    "table5": table5,
    "table6": table6,
    "table7": table7,
    "distillation": distillation,
}


def main(args: argparse.Namespace) -> None:
    TABLES[args.table](read_models(args.models)).write(args.output_stem)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", required=True, choices=tuple(TABLES))
    parser.add_argument("--models", required=True, type=Path, help="the models that it compares (CSV)")
    parser.add_argument("--output-stem", required=True, type=Path, help="files to write, without .csv, .md and .tex")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
