"""Write the architecture of a baseline: an ordinary Transformer, scaled by decoder depth or by width."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from hat.architecture import SubTransformer
from hat.baselines import scaled_by_depth, scaled_by_width
from hat_workflow import command, settings

SCALED = {"depth": scaled_by_depth, "width": scaled_by_width}


def main(args: argparse.Namespace) -> None:
    designed(args.space, args.kind, args.value).save(args.output)


def designed(space: str | os.PathLike[str], kind: str, value: int) -> SubTransformer:
    """The baseline of a space file; InputError when there is none of that size."""
    shape = settings.load("space", space)
    return SCALED[kind](settings.design_space(space), value, ffn_ratio=shape["ffn_ratio"], head_dim=shape["head_dim"])


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--space", required=True, help="design space: its widest and deepest choices stay fixed")
    parser.add_argument("--kind", required=True, choices=tuple(SCALED), help="what is scaled")
    parser.add_argument("--value", required=True, type=int, help="decoder layers (depth) or embed dim (width)")
    parser.add_argument("--output", required=True, type=Path, help="architecture file to write (YAML)")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
