"""Search within one budget by evolution and at random, with several seeds and equally many evaluations (Figure 9)."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.files import write_csv
from hat.search.evolution import SEEDS, random_settings
from hat_workflow import command
from hat_workflow.arguments import identity, inheriting, searching


def main(args: argparse.Namespace) -> None:
    evolution = searching.search_settings(args)
    algorithms = {"evolution": evolution, "random": random_settings(evolution.planned_evaluations)}
    rows = []
    with inheriting.remembered_loss(args) as loss:
        predict = searching.predictor(args)
        for seed in range(args.seed, args.seed + args.seeds):
            for algorithm, wanted in algorithms.items():
                history = searching.search(args, predict, loss, wanted=wanted, seed=seed, asked=lambda: loss.asked)
                scored = [member.loss for member in history if member.candidate.origin != "parent"]
                rows += [
                    {**identity.of(args), "algorithm": algorithm, "seed": seed, "evaluation": number, "loss": found}
                    for number, found in enumerate(scored, start=1)
                ]
    write_csv(args.output, rows)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    identity.add_arguments(p)
    inheriting.add_arguments(p)
    searching.add_predictor_argument(p)
    searching.add_arguments(p)
    p.add_argument("--seeds", type=int, default=SEEDS, metavar="N", help="searches of each kind (default: %(default)s)")
    p.add_argument("--output", required=True, type=Path, metavar="CSV", help="the loss of each evaluation in turn")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
