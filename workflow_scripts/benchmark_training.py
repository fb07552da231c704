"""Measure training speed against plain fairseq: the SuperTransformer and its largest SubTransformer, fp32 and bf16."""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import torch
from hat.files import write_csv
from hat_fairseq.benchmark import compare_training
from hat_fairseq.training import Training
from hat_workflow import command, settings


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--corpus", type=Path, required=True, help="folder of the binarised corpus")
    options.add_argument("--space", required=True, help="design space: a name or a file")
    options.add_argument("--training", required=True, help="training file; its section 'supertransformer' is used")
    options.add_argument("--turns", type=int, default=20, help="counted turns of each contestant")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--output", type=Path, required=True, help="output: CSV, one row per contestant")
    return options


def main(args: argparse.Namespace) -> None:
    torch.set_num_threads(args.threads)
    space = settings.design_space(args.space)
    training = Training(
        label="benchmark_training",
        corpus=args.corpus,
        architecture=space.maximum,
        recipe=settings.recipe(args.training, "supertransformer") | {"update_freq": 1},
        seed=args.seed,
        threads=args.threads,
        space=space.to_dict(),
    )
    largest = replace(space.largest, decoder_attended_layers=(1,) * space.largest.decoder_layers)
    with tempfile.TemporaryDirectory() as folder:
        write_csv(args.output, compare_training(training, largest, args.turns, Path(folder)))


if __name__ == "__main__":
    command.run(parser(), main)
