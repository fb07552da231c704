"""Draw a figure of the paper or of a study as PDF and PNG, and write what is drawn as CSV."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from hat.errors import InputError, nearest
from hat_workflow import command
from hat_workflow.arguments import exhibits
from pandas import DataFrame


def main(args: argparse.Namespace) -> None:
    draw = exhibits.exhibit(args, "draw")
    frames = exhibits.gathered(args)
    if args.compared:
        frames["models"] = compared(frames["models"], args.compared)
    draw(frames, args.output_stem)


def compared(models: DataFrame, names: Sequence[str]) -> DataFrame:
    """The models TASK/MODEL in the order of `names`, each on the first of its devices."""
    known = models.set_index(models["task"] + "/" + models["model"])
    for name in names:
        if name not in known.index:
            raise InputError("--compared", f"no model {name!r}", nearest(name, known.index))
    return known[~known.index.duplicated()].loc[[*names]].reset_index(drop=True)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    exhibits.add_arguments(parser, ".pdf, .png and .csv")
    parser.add_argument("--compared", nargs="+", metavar="TASK/MODEL", help="only these models, in this order")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
