"""Train one dense Transformer from scratch, on the references and on the most likely words of a teacher."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat_fairseq.distillation import Distillation
from hat_workflow import command
from hat_workflow.arguments import training


def main(args: argparse.Namespace) -> None:
    job = training.job(args, "distil_model", "subtransformer")
    training.train_model(args, "distil_model", Distillation(**job, teacher=args.teacher))


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    training.add_model_arguments(p)
    p.add_argument("--teacher", type=Path, required=True, metavar="PT", help="checkpoint of the teacher")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
