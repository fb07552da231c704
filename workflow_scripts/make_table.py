"""Write a table of the paper or of a study as CSV with full numbers, and as Markdown and LaTeX to read."""

from __future__ import annotations

import argparse

from hat_workflow import command
from hat_workflow.arguments import exhibits


def main(args: argparse.Namespace) -> None:
    table = exhibits.exhibit(args, "table")
    table(exhibits.gathered(args)).write(args.output_stem)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    exhibits.add_arguments(parser, ".csv, .md and .tex")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
