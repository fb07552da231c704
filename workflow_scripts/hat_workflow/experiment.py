"""An experiment with every file that it names, checked as a whole, and the models it asks for. Imports no torch."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hat.budgets import Budget, budget_name, budget_text
from hat.corpus.description import Corpus
from hat.cost import STORED
from hat.engines.factory import check as check_engine
from hat.errors import Faults, InputError, nearest
from hat.interop.architectures import read_architecture
from hat.search.limits import SizeLimit

from hat_workflow import settings
from hat_workflow.baselines import SCALED, designed
from hat_workflow.models import Main, Model, main_models
from hat_workflow.settings import Kind
from hat_workflow.studies import MAIN, OPTIONAL, STUDIES, Study, Task, search_settings
from hat_workflow.timed_where import check_where

PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""Names that can stand in paths and commands."""

CONFIG_KEYS = ("device", "experiment", "mirror")

Contents = dict[str, Any]
Files = dict[Kind, dict[str, tuple[Path, Contents]]]
Wildcards = dict[str, str]
"""What fills a path below `results/`: task, device, budget, model, split."""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A checked experiment. Its tasks name files by their stems."""

    file: str
    """As people know it."""
    settings: Contents
    files: Files
    """Path and contents of each file that a task names, by kind and name."""
    models: dict[str, dict[str, Model]]
    """The models of each task, by name."""

    @property
    def name(self) -> str:
        return str(self.settings["experiment"])

    @property
    def tasks(self) -> dict[str, Contents]:
        return dict(self.settings["tasks"])

    def trained(self, task: str) -> bool:
        return self.tasks[task]["training"] is not None

    def at_hand(self, device: str) -> bool:
        """Whether the device can be measured; of others, published latencies are known."""
        return _at_hand(device, self.files)

    def asks_for(self, study: Study) -> list[str]:
        """The tasks for which a study is made."""
        return [name for name, task in self.tasks.items() if _asked(study, task, self.files)]

    def models_of(self, task: str, study: Study) -> list[Model]:
        """The models of a task that a study compares; none where the task does not ask for it."""
        models = self.models[task].values() if task in self.asks_for(study) else ()
        return [model for model in models if model.family in study.families and self.shown_on(task, model, study)]

    def shown_on(self, task: str, model: Model, study: Study) -> tuple[str, ...]:
        """The devices on which a study shows a model."""
        devices = self.tasks[task]["devices"] if study.everywhere else model.devices
        return tuple(device for device in devices if self._fits(device, study))

    def measured_on(self, task: str, device: str) -> list[Model]:
        """The models of a task whose latency on a device some study asks for, each architecture once."""
        wanted = {
            model.timed_as
            for study in STUDIES.values()
            for model in self.models_of(task, study)
            if device in self.shown_on(task, model, study)
        }
        return [model for name, model in self.models[task].items() if name in wanted]

    def wildcards(self, devices: bool = False, budgets: bool = False) -> list[Wildcards]:
        """Every task, or every task and device, or every task, device and budget."""
        found = [{"task": task} for task in self.tasks]
        if devices or budgets:
            found = [known | {"device": device} for known in found for device in self.tasks[known["task"]]["devices"]]
        if budgets:
            found = [known | {"budget": budget} for known in found for budget in self.budgets(**known)]
        return found

    def budgets(self, task: str, device: str) -> list[str]:
        """The names of the latency budgets of a device."""
        return [budget_name(text) for text in self.tasks[task]["devices"][device]["budgets"]]

    def devices_of(self, study: Study) -> list[Wildcards]:
        """The devices that a study looks at."""
        found = [
            known
            for known in self.wildcards(devices=True)
            if known["task"] in self.asks_for(study) and self._fits(known["device"], study)
        ]
        if study.devices == "at hand":
            return [known for known in found if self.at_hand(known["device"])]
        if study.devices == "predicted":
            return [
                known for known in found if known["device"] in _seen(self.tasks[known["task"]], self.files).predicted
            ]
        if study.devices == "first":
            return list({known["task"]: known for known in reversed(found)}.values())[::-1]
        return found

    def models_shown(self, study: Study) -> list[Wildcards]:
        """The models that a study shows, whatever the device."""
        return [{"task": task, "model": model.name} for task in self.tasks for model in self.models_of(task, study)]

    def searches_of(self, study: Study) -> list[Wildcards]:
        """The searches that a study looks at."""
        found = []
        for known in self.devices_of(study):
            names = self.budgets(**known)
            chosen = names[len(names) // 2 :][:1] if study.budgets == "middle" else names
            found += [known | {"budget": budget} for budget in chosen]
        return found

    def _fits(self, device: str, study: Study) -> bool:
        return study.engine in (None, _engine_here(device, self.files))


def asked_by(config: dict[str, Any]) -> Experiment:
    """The experiment that `--config` of Snakemake asks for, the demo by default. InputError as `read`."""
    for key in config:
        if key not in CONFIG_KEYS:
            raise InputError("--config", f"unknown key {key!r}", nearest(key, CONFIG_KEYS))
    if "device" in config:
        config.update(device=str(config["device"]))
    return read(str(config.setdefault("experiment", "demo")), "--config experiment", config.get("device"))


def read(name: str, place: str | None = None, device: str | None = None) -> Experiment:
    """The experiment `name`, which was asked for at `place`; with `device` as one more device of every task.

    InputError when it, or what it names, is not legal: a line for each fault.
    """
    path = settings.find("experiment", name, place)
    asked, place = settings.load("experiment", path), settings.shown(path)
    files: Files = {"corpus": {}, "space": {}, "training": {}, "device": {}}
    models: dict[str, dict[str, Model]] = {}
    faults = Faults()
    for task, wanted in asked["tasks"].items():
        where = f"{place}: tasks > {task}"
        named = Faults()
        needed: list[tuple[Kind, str]] = [("corpus", wanted["corpus"] or task), ("space", wanted["space"])]
        for kind, value in needed:
            with named.collect():
                wanted[kind] = _named(files, kind, value, f"{where} > {kind}")
        if wanted["training"] is not None:
            with named.collect():
                wanted["training"] = _named(files, "training", wanted["training"], f"{where} > training")
        devices, wanted["devices"] = wanted["devices"], {}
        for listed, contents in devices.items():
            with named.collect():
                texts = [budget_text(entry) for entry in contents["budgets"]]
                wanted["devices"][_named(files, "device", listed, f"{where} > devices")] = contents | {"budgets": texts}
        if device is not None:
            with named.collect():
                nothing: Contents = {"budgets": [], "models": []}
                wanted["devices"].setdefault(_named(files, "device", device, "--config device"), nothing)
        with faults.collect():
            named.tell()
            _check(task, wanted, files, where)
            found = _models(wanted)
            _check_models(wanted, found, where)
            models[task] = {model.name: model for model in found}
    with faults.collect():
        _check_names(models, place)
    faults.tell()
    _check_devices(asked["tasks"], place)
    return Experiment(file=place, settings=asked, files=files, models=models)


def _models(task: Contents) -> list[Model]:
    """The models of the main table, and those that the task's studies add, each once."""
    main = list(main_models(task))
    added = [model for name in task["studies"] for model in STUDIES[name].adds(Main(task, main))]
    return main + list({model.name: model for model in added}.values())


def _at_hand(device: str, files: Files) -> bool:
    return files["device"][device][1]["published"] is None


def _engine_here(device: str, files: Files) -> str | None:
    """The engine of a device that is this very machine; of any other, None."""
    facts = files["device"][device][1]
    return facts["engine"] if facts["published"] is facts["ssh"] is facts["measured"] is None else None


def _asked(study: Study, task: Contents, files: Files) -> bool:
    return not study.unmet(_seen(task, files)) if study.always else study.name in task["studies"]


def _seen(task: Contents, files: Files) -> Task:
    devices = task["devices"]
    return Task(
        task,
        at_hand=[device for device in devices if _at_hand(device, files)],
        engines={device: _engine_here(device, files) for device in devices},
    )


def _named(files: Files, kind: Kind, name: str, place: str) -> str:
    """Read the file that is named at `place`; returns its stem, under which `files` then knows it."""
    path = settings.find(kind, name, place)
    if not PLAIN.fullmatch(path.stem):
        raise InputError(place, f"{kind} {path.stem!r}", "a file name of letters, digits, dots, dashes and underscores")
    if path.stem not in files[kind]:
        files[kind][path.stem] = path, settings.load(kind, path)
    known, _ = files[kind][path.stem]
    if known != path:
        same = f"has the name of {settings.shown(known)}"
        raise InputError(settings.shown(path), same, "one name, one file")
    return path.stem


def _check(name: str, task: Contents, files: Files, where: str) -> None:
    """InputError, a line for each fault, when a command of this task would refuse its settings."""
    (corpus_file, corpus), (space_file, space) = files["corpus"][task["corpus"]], files["space"][task["space"]]
    faults = Faults()
    with faults.collect():
        Corpus.from_settings(corpus, settings.shown(corpus_file))
    with faults.collect():
        design_space = settings.as_design_space(space, settings.shown(space_file))
    faults.tell()  # what follows needs both
    tests = {"test", *corpus["tests"]}
    for split in task["generation"]["splits"]:
        if split not in tests:
            faults.add(InputError(f"{where} > generation > splits", repr(split), nearest(split, tests)))
    samples, shards = task["latency"]["samples"], task["latency"]["shards"]
    if shards > samples:
        faults.add(InputError(f"{where} > latency > shards", str(shards), f"at most {samples}, the samples"))
    if task["training"] is None and task["sentence_length"] is None:
        legal = "tokens of a sentence, such as 30"
        faults.add(InputError(f"{where} > sentence_length", "null where nothing is trained", legal))
    with faults.collect(), _at(where):
        search_settings(task)
    for kind in SCALED:
        for value in task["baselines"][kind]:
            with faults.collect(), _at(f"{where} > baselines > {kind}"):
                designed(space, kind, value)
    for device, wanted in task["devices"].items():
        device_file, facts = files["device"][device]
        published = facts["published"]
        if published is None:
            with faults.collect():
                place = settings.shown(device_file)
                check_engine(facts["engine"], facts["processor"], facts["dtype"], place)
                check_where(facts, place)
        elif name not in published:
            said = f"{device!r} has no published latencies for this task"
            faults.add(InputError(f"{where} > devices", said, nearest(name, published)))
        names = []
        for text in wanted["budgets"]:
            with faults.collect(), _at(f"{where} > devices > {device} > budgets"):
                budget = Budget.parse(text)
                names.append(budget.name)
                if budget.megabytes and facts["dtype"] not in STORED:
                    raise InputError(f"budget {text}", f"megabytes of {facts['dtype']}", " or ".join(STORED))
                SizeLimit(replace(budget, megabytes=None)).check(design_space, f"budget {text}")
        if len(set(names)) < len(names):
            legal = "all different"
            faults.add(InputError(f"{where} > devices > {device} > budgets", ", ".join(wanted["budgets"]), legal))
    faults.tell()
    for study in task["studies"]:
        if study not in OPTIONAL:
            faults.add(InputError(f"{where} > studies", repr(study), nearest(study, OPTIONAL)))
    faults.tell()
    for study in task["studies"]:
        for need in STUDIES[study].unmet(_seen(task, files)):
            faults.add(InputError(f"{where} > studies", f"{study} {need.unmet}", f"{need.legal}, or no {study}"))
    faults.tell()


def _check_models(task: Contents, models: Sequence[Model], where: str) -> None:
    """InputError when given architectures cannot be read, or models are named twice or not at all."""
    faults = Faults()
    for model in models:
        if model.given is not None:
            with faults.collect():
                read_architecture(settings.find("architecture", model.given, f"{where} > architecture"))
    for name, count in Counter(model.name for model in models).items():
        if count > 1:
            faults.add(InputError(where, f"two models are called {name!r}", "one name, one model"))
    drawn = [model.name for model in models if model.family in STUDIES[MAIN].families]
    for name in task["compared"]:
        if name not in drawn:
            faults.add(InputError(f"{where} > compared", repr(name), nearest(name, drawn)))
    faults.tell()


def _check_names(models: Mapping[str, Mapping[str, Model]], place: str) -> None:
    """InputError when two tasks call different things by one name: Snakemake would not know which command to run."""
    known: dict[str, tuple[str, str]] = {}
    for task, found in models.items():
        for model in found.values():
            first, made_by = known.setdefault(model.name, (task, model.made_by))
            if made_by != model.made_by:
                same = f"model {model.name!r} is made by {model.made_by}, that of {first} by {made_by}"
                raise InputError(f"{place}: tasks > {task}", same, "another file name for one of them")


def _check_devices(tasks: Mapping[str, Contents], place: str) -> None:
    """InputError when a study needs more devices than the experiment has: those of one name are one device."""
    names = {device for task in tasks.values() for device in task["devices"]}
    for name, task in tasks.items():
        for study in task["studies"]:
            least = STUDIES[study].least_devices
            if len(names) < least:
                said = f"{study} in an experiment with {len(names)} device"
                raise InputError(f"{place}: tasks > {name} > studies", said, f"at least {least}, or no {study}")


@contextmanager
def _at(place: str) -> Iterator[None]:
    """An InputError of this block says where in the experiment its cause stands."""
    try:
        yield
    except InputError as error:
        raise InputError(place, str(error)) from None
