"""Write the architecture of a baseline: an ordinary Transformer, scaled by decoder depth or by width."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat_workflow import command, settings
from hat_workflow.baselines import SCALED, designed


def main(args: argparse.Namespace) -> None:
    designed(settings.load("space", args.space), args.kind, args.value).save(args.output)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--space", required=True, help="design space: its widest and deepest choices stay fixed")
    parser.add_argument("--kind", required=True, choices=tuple(SCALED), help="what is scaled")
    parser.add_argument("--value", required=True, type=int, help="decoder layers (depth) or embed dim (width)")
    parser.add_argument("--output", required=True, type=Path, help="architecture file to write (YAML)")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
