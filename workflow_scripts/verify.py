"""Compute the hashes of provenance.json again: a line for each file that is gone or not as it was recorded."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat_workflow import command, inventory


def main(args: argparse.Namespace) -> None:
    print(f"{inventory.verify(args.record)} files are as {args.record} says")


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--record", type=Path, required=True, metavar="JSON", help="what record_provenance wrote")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
