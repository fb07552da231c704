"""What the commands that train share: from what, into what folder, and the report that they write."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from hat.architecture import SubTransformer
from hat.files import write_json
from hat.rolling import rolling_folder
from hat_fairseq.training import Training

from hat_workflow import settings
from hat_workflow.code_hash import code_hash


def add_arguments(p: argparse.ArgumentParser, section: str) -> None:
    """`section` names the sections of the training file that the command reads."""
    p.add_argument("--task", required=True, metavar="NAME", help="of the experiment, for the record")
    p.add_argument("--corpus", type=Path, required=True, metavar="FOLDER", help="binarised corpus")
    p.add_argument("--training", required=True, help=f"training file: a name or a .yaml file; used: {section}")
    p.add_argument("--seed", type=int, default=1, metavar="N")
    p.add_argument("--threads", type=int, default=1, metavar="N")
    p.add_argument("--rolling", type=Path, required=True, metavar="FOLDER", help="progress that survives a kill")
    p.add_argument("--checkpoint", type=Path, required=True, metavar="PT", help="output: the trained weights")


def add_model_arguments(p: argparse.ArgumentParser, section: str = "subtransformer") -> None:
    """Those of commands that train one dense model."""
    p.add_argument("--architecture", type=Path, required=True, metavar="YAML", help="what is trained")
    p.add_argument("--model", required=True, metavar="NAME", help="its name, for the record")
    add_arguments(p, section)
    p.add_argument("--architecture-copy", type=Path, required=True, metavar="YAML", help="output: the same beside it")
    p.add_argument("--report", type=Path, required=True, metavar="JSON", help="output: facts about the training")


def job(args: argparse.Namespace, command: str, section: str) -> dict[str, Any]:
    """What every `Training` is made of, by the arguments of `add_model_arguments`."""
    return {
        "label": f"{command} {args.model}",
        "corpus": args.corpus,
        "architecture": SubTransformer.load(args.architecture),
        "recipe": settings.recipe(args.training, section),
        "seed": args.seed,
        "threads": args.threads,
        "save_every_minutes": save_every_minutes(args),
    }


def save_every_minutes(args: argparse.Namespace) -> float:
    return float(settings.load("training", args.training)["save_every_minutes"])


def trained(args: argparse.Namespace, command: str, training: Training) -> dict[str, Any]:
    """Train, or go on with a training that was killed, and write the checkpoint. Returns the facts about it."""
    # settings are in the fingerprint by value, so of the code only what trains counts
    fingerprint = training.fingerprint(code_hash(type(training).__module__))
    # equal trainings have equal fingerprints: they run once, whatever their models are called
    with rolling_folder(args.rolling, command, fingerprint) as folder:
        model, facts = training.run(folder)
    training.save(args.checkpoint, model, facts)
    return facts


def train_model(args: argparse.Namespace, command: str, training: Training) -> None:
    """Train one dense model and write all that `add_model_arguments` names."""
    facts = trained(args, command, training)
    training.architecture.save(args.architecture_copy)
    write_json(args.report, {"task": args.task, "model": args.model, **facts})
