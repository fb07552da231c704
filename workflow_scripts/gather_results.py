"""Gather what an experiment found for one of its studies, as a tidy table: everything of one kind."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from hat.budgets import budget_name
from hat.errors import InputError
from hat.files import JsonFile
from hat.paper.gathered import KINDS, write_gathered
from hat.paper.results import SharedTraining, Workload, model, read
from hat_workflow import command, experiment, paths, settings
from hat_workflow.models import MAIN, devices_of
from pandas import DataFrame

ARTIFACTS = {
    "predictions": [paths.PREDICTIONS],
    "predictors": [paths.PREDICTOR_REPORT],
    "trials": [paths.PREDICTOR_STUDY],
    "profiles": [paths.PROFILE],
    "samples": [paths.SAMPLES, paths.SIGNATURE],
    "signatures": [paths.SIGNATURE],
    "searches": [paths.SEARCHES],
    "fronts": [paths.PARETO_FRONT],
    "histories": [paths.PARETO_HISTORY],
    "candidates": [paths.CANDIDATES],
    "stand_ins": [paths.STAND_IN_CANDIDATES],
    "budgets": [paths.LATENCY_BUDGET],
    "confirmed": [paths.CONFIRMED, paths.ONLINE_CONFIRMED],
}
"""What is read for each place, in the order in which the kind's reader takes it."""
ALWAYS = (MAIN, "figure6")
OF_FIRST_DEVICE = ("figure9", "pareto", "online")
OF_MIDDLE_BUDGET = ("figure9", "online")


def main(args: argparse.Namespace) -> None:
    asked = experiment.read(args.experiment)
    frames = list(models(asked, args.study) if args.kind == "models" else others(asked, args.study, args.kind))
    if not frames:
        raise InputError(args.experiment, f"no task asks for {args.study}", f"studies: [{args.study}]")
    write_gathered(args.output, args.kind, frames)


def others(asked: experiment.Experiment, study: str, kind: str) -> Iterator[DataFrame]:
    for place in places(asked, study, kind):
        files = [Path(pattern.format(**place)) for pattern in ARTIFACTS[kind]]
        yield read(kind, {name: value for name, value in place.items() if name != "experiment"}, *files)


def places(asked: experiment.Experiment, study: str, kind: str) -> Iterator[dict[str, str]]:
    """The task, the device and, where the kind has one, the budget of everything of a kind that a study looks at."""
    for task, wanted in asked.settings["tasks"].items():
        if study not in (*ALWAYS, *wanted["studies"]):
            continue
        devices = [name for name in wanted["devices"] if study != "figure2" or asked.at_hand(name)]
        for device in devices[:1] if study in OF_FIRST_DEVICE else devices:
            place = {"experiment": asked.settings["experiment"], "task": task, "device": device}
            budgets = [budget_name(text) for text in wanted["devices"][device]["budgets"]]
            if study in OF_MIDDLE_BUDGET:  # the wider of two
                budgets = [budgets[len(budgets) // 2]]
            yield from [place | {"budget": budget} for budget in budgets] if "budget" in KINDS[kind] else [place]


def models(asked: experiment.Experiment, study: str) -> Iterator[DataFrame]:
    """The models that a study compares, each on each of its devices."""
    for task, wanted in asked.settings["tasks"].items():
        shared_place = {"experiment": asked.settings["experiment"], "task": task, "corpus": wanted["corpus"]}
        trained, split = wanted["training"] is not None, wanted["generation"]["splits"][0]
        work = workload(wanted, Path(paths.STATISTICS.format(**shared_place)))
        space, _ = asked.files["space"][wanted["space"]]
        bleu = asked.files["corpus"][wanted["corpus"]][1]["bleu"]
        shared = SharedTraining(
            report=Path(paths.SUPERTRANSFORMER_METRICS.format(**shared_place)),
            space=settings.design_space(space),
            seed=asked.settings["seed"],
        )
        for device in wanted["devices"]:
            at_hand = asked.at_hand(device)
            for each in asked.compared(task, study):
                if device not in devices_of(each, study, wanted):
                    continue
                own, place = device in each.devices, shared_place | {"device": device}
                place |= {"model": each.name, "timed": each.timed_as, "split": split}
                files = {
                    "score": paths.SCORE if trained else None,
                    "latency": paths.MODEL_LATENCY.replace("{model}", "{timed}") if at_hand else None,
                    "confirmed": f"{paths.TASK}/{each.confirmed}" if each.confirmed and own else None,
                    "report": paths.TRAINING_REPORT if trained else None,
                    "predictions": None if at_hand else paths.PREDICTED_MODELS,
                }
                yield model(
                    {"task": task, "device": device, "model": each.name},
                    {
                        "family": each.family,
                        "base": each.base,
                        "budget": each.budget if own else None,
                        "bleu_kind": bleu,
                    },
                    Path(f"{paths.TASK}/{each.architecture}".format(**place)),
                    {name: Path(pattern.format(**place)) if pattern else None for name, pattern in files.items()},
                    work,
                    shared if study == "table2" and each.family == "hat" else None,
                )


def workload(task: experiment.Contents, statistics: Path) -> Workload:
    if task["training"] is None:
        return Workload(sentence_length=task["sentence_length"])
    corpus = JsonFile(statistics)
    length = task["sentence_length"] or int(corpus.number("sentence_length"))
    return Workload(sentence_length=length, vocabulary=int(corpus.number("target_vocabulary")))


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiment", required=True, help="experiment: its name or its file")
    parser.add_argument("--study", default=MAIN, help="which of its studies, such as table4 (default: %(default)s)")
    parser.add_argument("--kind", default="models", choices=tuple(KINDS), help="of what (default: %(default)s)")
    parser.add_argument("--output", required=True, type=Path, help="table to write (CSV)")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
