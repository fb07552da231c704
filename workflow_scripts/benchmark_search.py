"""Measure the search's speed: one list of SubTransformers scored with its memo, without, and by fairseq's own loop."""

from __future__ import annotations

import argparse
import tempfile
from itertools import islice
from pathlib import Path

import torch
from hat.files import write_csv
from hat.search.evolution import Settings, evolve
from hat_fairseq.benchmark import compare_search
from hat_fairseq.training import Training
from hat_workflow import command, settings

# without a memo survivors are scored again: a sixth of this list, a fifth in the paper's search
SETTINGS = Settings(iterations=100, population=10, parents=2, mutants=4, crossovers=4)


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--supertransformer", type=Path, required=True, help="checkpoint to inherit weights from")
    options.add_argument("--corpus", type=Path, required=True, help="folder of the binarised corpus")
    options.add_argument("--space", required=True, help="design space: a name or a file")
    options.add_argument("--training", required=True, help="training file; its section 'supertransformer' is used")
    options.add_argument("--count", type=int, default=50, help="SubTransformers in the list")
    options.add_argument("--max-tokens", type=int, default=4096, help="tokens in a validation batch")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--output", type=Path, required=True, help="output: CSV, one row per way of scoring")
    return options


def main(args: argparse.Namespace) -> None:
    torch.set_num_threads(args.threads)
    space = settings.design_space(args.space)
    training = Training(
        label="benchmark_search",
        corpus=args.corpus,
        architecture=space.maximum,
        recipe=settings.recipe(args.training, "supertransformer") | {"precision": "fp32"},
        seed=args.seed,
        threads=args.threads,
    )
    # which SubTransformers a search meets matters little here, so size stands in for latency and for loss
    drawn = evolve(space, lambda subs: [0.0] * len(subs), lambda sub: -sum(sub.features()), 1.0, SETTINGS, args.seed)
    subs = [member.candidate.sub for member in islice(drawn, args.count)]
    with tempfile.TemporaryDirectory() as folder:
        write_csv(args.output, compare_search(training, args.supertransformer, subs, args.max_tokens, Path(folder)))


if __name__ == "__main__":
    command.run(parser(), main)
