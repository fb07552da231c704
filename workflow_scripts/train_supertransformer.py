"""Train the weight-shared SuperTransformer of a design space: one uniformly sampled SubTransformer per update."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.files import write_csv, write_json
from hat_fairseq.training import Training
from hat_workflow import command, settings
from hat_workflow.arguments import training


def main(args: argparse.Namespace) -> None:
    space = settings.design_space(args.space)
    work = Training(
        label="train_supertransformer",
        corpus=args.corpus,
        architecture=space.maximum,
        recipe=settings.recipe(args.training, "supertransformer"),
        seed=args.seed,
        threads=args.threads,
        save_every_minutes=training.save_every_minutes(args),
        space=space.to_dict(),
    )
    facts = training.trained(args, "train_supertransformer", work)
    write_csv(args.log, facts.pop("log"))
    write_json(args.metrics, {"task": args.task, **facts})


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--space", required=True, help="design space: a name or a .yaml file")
    training.add_arguments(p, "supertransformer")
    p.add_argument("--metrics", type=Path, required=True, metavar="JSON", help="output: facts about the training")
    p.add_argument("--log", type=Path, required=True, metavar="CSV", help="output: one row per validation")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
