"""Rewrite an architecture file for this project, or in the flat YAML of HAT's authors; the input may be either."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.architecture import PAPER_QKV_DIM
from hat.interop.architectures import PAPER_POSITION_DIM, read_architecture, write_architecture
from hat_workflow import command, settings


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--architecture", required=True, help="name, or .yaml file of this project or the authors")
    options.add_argument("--to", choices=("hat", "authors"), required=True, help="format to write")
    options.add_argument(
        "--qkv-dim", type=int, default=PAPER_QKV_DIM, metavar="N", help="what the authors' format leaves out"
    )
    options.add_argument(
        "--position-dim", type=int, default=PAPER_POSITION_DIM, metavar="N", help="the widest embed dim: left out, too"
    )
    options.add_argument("--output", type=Path, required=True, help="output: YAML file")
    return options


def main(args: argparse.Namespace) -> None:
    left_out = {"qkv_dim": args.qkv_dim, "position_dim": args.position_dim}
    architecture = read_architecture(settings.find("architecture", args.architecture), **left_out)
    if args.to == "authors":
        write_architecture(args.output, architecture, **left_out)
    else:
        architecture.save(args.output)


if __name__ == "__main__":
    command.run(parser(), main)
