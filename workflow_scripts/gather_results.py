"""Gather what an experiment found for one of its studies, as a tidy table: all artifacts of one kind."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.architecture import DesignSpace
from hat.errors import InputError, nearest
from hat.files import JsonFile
from hat.paper import results
from hat.paper.gathered import write_gathered
from hat_workflow import command, experiment
from hat_workflow.artifacts import Artifact, artifacts
from hat_workflow.studies import MAIN, STUDIES
from pandas import DataFrame


def main(args: argparse.Namespace) -> None:
    if args.study not in STUDIES:
        raise InputError("--study", repr(args.study), nearest(args.study, STUDIES))
    found = artifacts(experiment.read(args.experiment, device=args.device), STUDIES[args.study], args.kind)
    if not found:
        raise InputError(args.experiment, f"no task asks for {args.study}", f"studies: [{args.study}]")
    read = model if args.kind == "models" else other
    write_gathered(args.output, args.kind, [read(args.kind, artifact) for artifact in found])


def other(kind: str, artifact: Artifact) -> DataFrame:
    return results.read(kind, artifact.identity, *artifact.files.values())


def model(_: str, artifact: Artifact) -> DataFrame:
    """The row of a model, by what the experiment says of it and of its task."""
    facts, files = artifact.facts, artifact.files
    shared = None
    if "supertransformer" in files:
        space = DesignSpace.from_dict(facts["space"])
        shared = results.SharedTraining(report=files["supertransformer"], space=space, seed=facts["seed"])
    return results.model(
        artifact.identity,
        {name: facts[name] for name in ("family", "base", "budget", "bleu_kind")},
        files["architecture"],
        {name: files.get(name) for name in results.FILES},
        workload(facts["sentence_length"], files.get("corpus")),
        shared,
    )


def workload(sentence_length: int | None, corpus: Path | None) -> results.Workload:
    """What the experiment says, and the binarised corpus where the task has one."""
    if corpus is None:
        assert sentence_length is not None  # an experiment without a corpus states it
        return results.Workload(sentence_length=sentence_length)
    statistics = JsonFile(corpus / "statistics.json")
    return results.Workload(
        sentence_length=sentence_length or int(statistics.number("sentence_length")),
        vocabulary=int(statistics.number("target_vocabulary")),
    )


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiment", required=True, help="experiment: its name or its file")
    parser.add_argument("--device", help="one more device of every task: a name or a .yaml file")
    parser.add_argument("--study", default=MAIN, help="which of its studies, such as table4 (default: %(default)s)")
    parser.add_argument("--kind", default="models", help="what of it (default: %(default)s)")
    parser.add_argument("--output", required=True, type=Path, help="table to write (CSV)")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
