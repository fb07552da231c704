"""Draw Figure 2: latency against each dimension of a Transformer, and against FLOPs, as PDF, PNG and CSV."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.paper.figure2 import Profile, draw_figure2
from hat_workflow import command


def main(args: argparse.Namespace) -> None:
    groups = zip(args.profiles, args.samples, args.references, strict=True)
    draw_figure2([Profile.load(*files) for files in groups], args.output_stem)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profiles", required=True, nargs="+", type=Path, help="profile.csv of each device")
    parser.add_argument("--samples", required=True, nargs="+", type=Path, help="samples.csv of each device")
    parser.add_argument("--references", required=True, nargs="+", type=Path, help="signature.json of each device")
    parser.add_argument("--output-stem", required=True, type=Path, help="files to write, without .pdf, .png and .csv")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
