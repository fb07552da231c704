"""Train an Evolved, Lite or Levenshtein Transformer of the size of an ordinary Transformer, from scratch."""

from __future__ import annotations

import argparse

from hat_fairseq.rivals.families import FAMILIES
from hat_fairseq.rivals.training import RivalTraining
from hat_workflow import command
from hat_workflow.arguments import training


def main(args: argparse.Namespace) -> None:
    job = training.job(args, "train_rival", "subtransformer")
    training.train_model(args, "train_rival", RivalTraining(**job, family=args.family))


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--family", choices=tuple(FAMILIES), required=True, help="what kind of model it is")
    training.add_model_arguments(p)
    return p


if __name__ == "__main__":
    command.run(parser(), main)
