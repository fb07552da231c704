"""Print how large a design space is: architectures, gene vectors, and what its extremes have and take."""

from __future__ import annotations

import argparse

from hat.cost import count_flops, count_parameters
from hat_workflow import command, settings
from hat_workflow.listing import Listing, readable


def main(args: argparse.Namespace) -> None:
    space = settings.design_space(args.space)
    extremes = {"smallest": space.smallest, "largest": space.largest}
    counted = {"architectures": space.count_architectures(), "gene vectors": space.count_genotypes()}
    rows = [(name, f"{count:.3g}") for name, count in counted.items()]
    for name, sub in extremes.items():
        rows.append((f"parameters of the {name}", readable(count_parameters(sub))))
        rows.append((f"FLOPs of the {name}", readable(count_flops(sub, args.sentence_length))))
    table = Listing(
        name="Design space",
        caption=args.space,
        columns=("what", "number"),
        text_columns=1,
        groups=[rows],
        notes=[
            "Layers that a shallower decoder lacks have genes, too: several gene vectors are one architecture.",
            "Parameters leave out embeddings and the output layer; FLOPs are those of one sentence pair with "
            f"{args.sentence_length} tokens a side. The largest attends to two encoder layers, the smallest to one.",
        ],
    )
    print(table.text())


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--space", required=True, help="design space: a name or a .yaml file")
    p.add_argument("--sentence-length", type=command.positive, default=30, metavar="N", help="tokens a side, for FLOPs")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
