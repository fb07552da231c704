"""Write a member of a design space that no search found: its largest, its smallest, or one at random."""

from __future__ import annotations

import argparse
import random

from hat.architecture import DesignSpace, SubTransformer
from hat.errors import InputError
from hat_workflow import command, settings


def main(args: argparse.Namespace) -> None:
    sampled(settings.design_space(args.space), args.which, args.seed).save(args.output)


def sampled(space: DesignSpace, which: str, seed: int) -> SubTransformer:
    """`which` is largest, smallest, or random-N, the N-th of those that the seed draws."""
    if which in ("largest", "smallest"):
        return space.largest if which == "largest" else space.smallest
    kind, _, number = which.partition("-")
    if kind != "random" or not number.isdigit() or int(number) < 1:
        raise InputError("--which", repr(which), "largest, smallest, random-1, random-2, ...")
    rng = random.Random(f"sampled:{seed}")
    return [space.sample(rng) for _ in range(int(number))][-1]


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--space", required=True, help="design space: a name or a .yaml file")
    options.add_argument("--which", required=True, help="largest, smallest, or random-N")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--output", required=True, help="architecture file to write (YAML)")
    return options


if __name__ == "__main__":
    command.run(parser(), main)
