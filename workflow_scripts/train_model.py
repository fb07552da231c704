"""Train one dense Transformer, from scratch or from given weights."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat_fairseq.training import Training
from hat_workflow import command
from hat_workflow.arguments import training


def main(args: argparse.Namespace) -> None:
    section = "finetuning" if args.initial else "subtransformer"
    job = training.job(args, "train_model", section)
    training.train_model(args, "train_model", Training(**job, initial=args.initial))


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    training.add_model_arguments(p, "subtransformer, or finetuning with --initial")
    p.add_argument("--initial", type=Path, metavar="PT", help="start from the weights of this checkpoint")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
