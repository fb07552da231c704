"""Write the architecture of a baseline: an ordinary Transformer, scaled by decoder depth or by width."""

from __future__ import annotations

import argparse
from pathlib import Path

import command
import configuration
from hat.baselines import scaled_by_depth, scaled_by_width


def main(args: argparse.Namespace) -> None:
    scaled = {"depth": scaled_by_depth, "width": scaled_by_width}[args.kind]
    space = configuration.design_space(args.space)
    scaled(space, args.value, ffn_ratio=args.ffn_ratio, head_dim=args.head_dim).save(args.output)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--space", required=True, help="design space: its widest and deepest choices stay fixed")
    parser.add_argument("--kind", required=True, choices=("depth", "width"), help="what is scaled")
    parser.add_argument("--value", required=True, type=int, help="decoder layers (depth) or embed dim (width)")
    parser.add_argument("--ffn-ratio", required=True, type=int, help="FFN dim as a multiple of the embed dim")
    parser.add_argument("--head-dim", required=True, type=int, help="channels of one attention head")
    parser.add_argument("--output", required=True, type=Path, help="architecture file to write (YAML)")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
