"""Write the table of searches that measure each candidate beside those that ask a predictor."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.paper.online import Searches, online
from hat_workflow import command


def main(args: argparse.Namespace) -> None:
    groups = zip(args.offline, args.online, args.samples, args.references, strict=True)
    online([Searches.load(*files) for files in groups]).write(args.output_stem)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--offline", required=True, nargs="+", type=Path, help="confirmed.json of each task's search")
    parser.add_argument("--online", required=True, nargs="+", type=Path, help="report of the online search")
    parser.add_argument("--samples", required=True, nargs="+", type=Path, help="samples.csv of the device")
    parser.add_argument("--references", required=True, nargs="+", type=Path, help="signature.json of the device")
    parser.add_argument("--output-stem", required=True, type=Path, help="files to write, without .csv, .md and .tex")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
