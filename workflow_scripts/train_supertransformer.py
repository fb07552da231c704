"""Train the weight-shared SuperTransformer of a design space: one uniformly sampled SubTransformer per update."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.files import write_csv, write_json
from hat.footprint import mean_flops_per_token
from hat.footprint import training as footprint
from hat.rolling import rolling_folder
from hat_fairseq.corpus import statistics
from hat_fairseq.training import Training
from hat_workflow import command, settings
from hat_workflow.code_hash import code_hash


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--corpus", type=Path, required=True, help="folder of the binarised corpus")
    options.add_argument("--space", required=True, help="design space: a name or a file")
    options.add_argument("--training", required=True, help="training file; its section 'supertransformer' is used")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--rolling", type=Path, required=True, help="folder for progress that survives a kill")
    options.add_argument("--checkpoint", type=Path, required=True, help="output: weights of the whole space")
    options.add_argument("--metrics", type=Path, required=True, help="output: JSON facts about the training")
    options.add_argument("--log", type=Path, required=True, help="output: CSV, one row per validation")
    return options


def main(args: argparse.Namespace) -> None:
    space = settings.design_space(args.space)
    training = Training(
        label="train_supertransformer",
        corpus=args.corpus,
        architecture=space.maximum,
        recipe=settings.recipe(args.training, "supertransformer"),
        seed=args.seed,
        threads=args.threads,
        space=space.to_dict(),
    )
    with rolling_folder(
        args.rolling, "train_supertransformer", training.fingerprint(code_hash("train_supertransformer"))
    ) as folder:
        model, facts = training.run(folder)
    log = facts.pop("log")
    corpus = statistics(args.corpus)
    flops = mean_flops_per_token(space, corpus["sentence_length"], corpus["target_vocabulary"], args.seed)
    facts["gpu_hours"] = footprint(flops, facts["tokens"]).gpu_hours
    write_csv(args.log, log)
    write_json(args.metrics, facts)
    training.save(args.checkpoint, model, facts)


if __name__ == "__main__":
    command.run(parser(), main)
