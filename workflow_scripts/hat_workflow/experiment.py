"""An experiment with every file that it names, checked as a whole, and the models it asks for. Imports no torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from design_baseline import designed
from hat.budgets import Budget, budget_name
from hat.corpus.description import Corpus
from hat.errors import InputError, nearest
from hat.interop.architectures import read_architecture
from hat.search.evolution import Settings

from hat_workflow import settings
from hat_workflow.models import FAMILIES, MAIN, RIVALS, Model, compared, measured_on, models_of
from hat_workflow.settings import Kind

UNTRAINED = {"stand_in"}
TRAINED = set(FAMILIES) - {MAIN} | {"figure8", "figure9", "pareto", "online"}
"""Studies that make sense only without, or only with a training."""
TIMED = {"figure2", "figure8", "online"}
"""Studies of what is measured."""
ORDERED = {"table7", "distillation", "figure9", "online"}
"""Studies for which the first budget is the narrowest, and the last the widest."""
SEARCHES = dict.fromkeys(TRAINED - {"figure8"}, 1) | {"distillation": 2}
"""Searches for the first device that a study compares."""

Contents = dict[str, Any]
Files = dict[Kind, dict[str, tuple[Path, Contents]]]


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A checked experiment. Its tasks name files by their stems."""

    place: str
    """The experiment's file, as people know it."""
    settings: Contents
    files: Files
    """Path and contents of each file that a task names, by kind and name."""
    models: dict[str, dict[str, Model]]
    """The models of each task, by name."""

    def compared(self, task: str, table: str) -> list[Model]:
        """The models of a task that a table compares; none where the task does not ask for it."""
        asked = table == MAIN or table in self.settings["tasks"][task]["studies"]
        return compared(list(self.models[task].values()), table) if asked else []

    def measured_on(self, task: str, device: str) -> list[Model]:
        """The models of a task whose latency on a device is asked for."""
        return measured_on(device, list(self.models[task].values()), self.settings["tasks"][task])

    def at_hand(self, device: str) -> bool:
        """Whether the device can be measured; of others, published latencies are known."""
        return self.files["device"][device][1]["published"] is None


def read(name: str, place: str | None = None) -> Experiment:
    """The experiment `name`, which was asked for at `place`. InputError when it, or what it names, is not legal."""
    path = settings.find("experiment", name, place)
    asked, place = settings.load("experiment", path), settings.shown(path)
    files: Files = {"corpus": {}, "space": {}, "training": {}, "device": {}}
    models = {}
    for task, wanted in asked["tasks"].items():
        where = f"{place}: tasks > {task}"
        wanted["corpus"] = _named(files, "corpus", wanted["corpus"] or task, f"{where} > corpus")
        wanted["space"] = _named(files, "space", wanted["space"], f"{where} > space")
        if wanted["training"] is not None:
            wanted["training"] = _named(files, "training", wanted["training"], f"{where} > training")
        devices = wanted["devices"].items()
        wanted["devices"] = {_named(files, "device", name, f"{where} > devices"): device for name, device in devices}
        _check(task, wanted, files, where)
        found = list(models_of(wanted))
        _check_models(wanted, found, where)
        models[task] = {model.name: model for model in found}
    _check_names(models, place)
    return Experiment(place=place, settings=asked, files=files, models=models)


def search_settings(task: Contents) -> Settings:
    """How a task searches. InputError when it contradicts itself."""
    return Settings(**{field.name: task["search"][field.name] for field in fields(Settings)})


def _named(files: Files, kind: Kind, name: str, place: str) -> str:
    """Read the file that is named at `place`; returns its stem, under which `files` then knows it."""
    path = settings.find(kind, name, place)
    known, _ = files[kind].setdefault(path.stem, (path, settings.load(kind, path)))
    if known != path:
        same = f"has the name of {settings.shown(known)}"
        raise InputError(settings.shown(path), same, "one name, one file")
    return path.stem


def _check(name: str, task: Contents, files: Files, where: str) -> None:
    """InputError when a command of this task would refuse its settings."""
    (corpus_file, corpus), (space, _) = files["corpus"][task["corpus"]], files["space"][task["space"]]
    Corpus.from_settings(corpus, settings.shown(corpus_file))
    settings.design_space(space)
    tests = {"test", *corpus["tests"]}
    for split in task["generation"]["splits"]:
        if split not in tests:
            raise InputError(f"{where} > generation > splits", repr(split), nearest(split, tests))
    samples, shards = task["latency"]["samples"], task["latency"]["shards"]
    if shards > samples:
        raise InputError(f"{where} > latency > shards", str(shards), f"at most {samples}, the samples")
    if task["training"] is None and task["sentence_length"] is None:
        raise InputError(
            f"{where} > sentence_length", "null where nothing is trained", "tokens of a sentence, such as 30"
        )
    with _at(where):
        search_settings(task)
    for family in ("depth", "width"):
        for size in task["baselines"][family]:
            with _at(f"{where} > baselines > {family}"):
                designed(space, family, size)
    for device, wanted in task["devices"].items():
        published = files["device"][device][1]["published"]
        if published is not None and name not in published:
            said = f"{device!r} has no published latencies for this task"
            raise InputError(f"{where} > devices", said, nearest(name, published))
        with _at(f"{where} > devices > {device} > budgets"):
            names = [budget_name(text) for text in wanted["budgets"]]
        if len(set(names)) < len(names):
            raise InputError(f"{where} > devices > {device} > budgets", ", ".join(wanted["budgets"]), "all different")
    _check_studies(task, files, f"{where} > studies")


def _check_studies(task: Contents, files: Files, where: str) -> None:
    """InputError when a study has nothing to study."""
    trained, devices = task["training"] is not None, list(task["devices"])
    at_hand = [device for device in devices if files["device"][device][1]["published"] is None]
    budgets = [Budget.parse(text) for text in task["devices"][devices[0]]["budgets"]] if devices else []
    ascending = len({budget.unit for budget in budgets}) < 2 and budgets == sorted(budgets, key=lambda b: b.number)
    for study in task["studies"]:
        needed = SEARCHES.get(study, 0)
        checks = [
            (trained and study in UNTRAINED, "where models are trained", "training: null"),
            (not trained and study in TRAINED, "where nothing is trained", "training: NAME"),
            (len(budgets) < needed, f"with {len(budgets)} budgets for the first device", f"at least {needed}"),
            (study in ORDERED and not ascending, "with budgets that do not ascend", "25% before 75%, one unit"),
            (study in RIVALS and not task["baselines"]["depth"], "without a Transformer as large", "baselines > depth"),
            (study in TIMED and not at_hand, "where no device is at hand", "a device to measure on"),
            (study in RIVALS and at_hand != devices, "where a device is not at hand", "devices to measure on"),
            (
                study == "online" and at_hand[:1] != devices[:1],
                "on a device that is not at hand",
                "another first device",
            ),
        ]
        for wrong, said, legal in checks:
            if wrong:
                raise InputError(where, f"{study} {said}", f"{legal}, or no {study}")


def _check_models(task: Contents, models: Sequence[Model], where: str) -> None:
    """InputError when given architectures cannot be read, or models are named twice or not at all."""
    for model in models:
        if model.given is not None:
            read_architecture(settings.find("architecture", model.given, f"{where} > architecture"))
    names = Counter(model.name for model in models)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise InputError(where, f"two models are called {twice[0]!r}", "one name, one model")
    drawn = [model.name for model in compared(models, MAIN)]
    for name in task["compared"]:
        if name not in drawn:
            raise InputError(f"{where} > compared", repr(name), nearest(name, drawn))


def _check_names(models: Mapping[str, Mapping[str, Model]], place: str) -> None:
    """InputError when two tasks call different things by one name: Snakemake would not know which command to run."""
    known: dict[str, tuple[str, str, str]] = {}
    for task, found in models.items():
        for model in found.values():
            first, *made = known.setdefault(model.name, (task, model.made_by, model.kind))
            if made != [model.made_by, model.kind]:
                same = f"model {model.name!r} is made by {model.made_by}, that of {first} by {made[0]}"
                raise InputError(f"{place}: tasks > {task}", same, "another file name for one of them")


@contextmanager
def _at(place: str) -> Iterator[None]:
    """An InputError of this block says where in the experiment its cause stands."""
    try:
        yield
    except InputError as error:
        raise InputError(place, str(error)) from None
