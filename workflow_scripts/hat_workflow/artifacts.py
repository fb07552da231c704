"""What a study gathers: of each kind of artifact, which files it comes from, and what it belongs to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from hat.errors import InputError, nearest

from hat_workflow import paths
from hat_workflow.experiment import Experiment, Wildcards
from hat_workflow.models import Model
from hat_workflow.settings import GENES
from hat_workflow.studies import Study


@dataclass(frozen=True)
class Kind:
    """A kind of artifact, of each device, search or model, and its files by the name of their role."""

    per: Literal["device", "search", "model"]
    files: Mapping[str, str]


KINDS = {
    "predictions": Kind("device", {"predictions": paths.PREDICTIONS}),
    "predictors": Kind("device", {"report": paths.PREDICTOR_REPORT}),
    "trials": Kind("device", {"trials": paths.PREDICTOR_STUDY}),
    "transfers": Kind("device", {"transfers": paths.TRANSFER_STUDY}),
    "profiles": Kind("device", {"profile": paths.PROFILE}),
    "samples": Kind("device", {"samples": paths.SAMPLES, "signature": paths.SIGNATURE}),
    "signatures": Kind("device", {"signature": paths.SIGNATURE}),
    "fronts": Kind("device", {"front": paths.PARETO_FRONT}),
    "histories": Kind("device", {"history": paths.PARETO_HISTORY}),
    "searches": Kind("search", {"searches": paths.SEARCHES}),
    "measured": Kind("search", {"measured": paths.MEASURED_CANDIDATES}),
    "candidates": Kind("search", {"candidates": paths.CANDIDATES}),
    "stand_ins": Kind("search", {"candidates": paths.STAND_IN_CANDIDATES}),
    "offers": Kind("search", {"history": paths.PARETO_HISTORY, "budget": paths.LATENCY_BUDGET}),
    "budgets": Kind("search", {"budget": paths.LATENCY_BUDGET}),
    "translations": Kind("model", {"translation": paths.TRANSLATION}),
    "confirmed": Kind("search", {"offline": paths.CONFIRMED, "online": paths.ONLINE_CONFIRMED}),
}
"""All kinds but `models`, whose files differ from model to model."""


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """One artifact of a kind: what it belongs to, its files by role, and what the experiment says of it."""

    identity: Wildcards
    files: dict[str, Path]
    facts: dict[str, Any] = field(default_factory=dict)


def artifacts(asked: Experiment, study: Study, kind: str) -> list[Artifact]:
    """The artifacts of one kind that a study looks at. InputError when there is no such kind."""
    if kind == "models":
        return list(_models(asked, study))
    if kind not in KINDS:
        raise InputError(f"study {study.name}", f"unknown kind of artifact {kind!r}", nearest(kind, ["models", *KINDS]))
    belonging = {"device": asked.devices_of, "search": asked.searches_of, "model": asked.models_shown}
    found = KINDS[kind]
    return [Artifact(identity=each, files=_files(asked, found.files, **each)) for each in belonging[found.per](study)]


def rest_of(asked: Experiment, study: Study, kind: str) -> str:
    """What a gathered table depends on besides the files of its artifacts, as text."""
    return json.dumps(
        [[artifact.identity, artifact.facts] for artifact in artifacts(asked, study, kind)], sort_keys=True
    )


def _files(asked: Experiment, patterns: Mapping[str, str], **known: str) -> dict[str, Path]:
    return {role: Path(pattern.format(experiment=asked.name, **known)) for role, pattern in patterns.items()}


def _models(asked: Experiment, study: Study) -> Iterator[Artifact]:
    """One for each task, device and model that a study shows."""
    for task, wanted in asked.tasks.items():
        models = asked.models_of(task, study)
        for device in wanted["devices"]:
            for model in models:
                if device in asked.shown_on(task, model, study):
                    yield _model(asked, study, task, device, model)


def _model(asked: Experiment, study: Study, task: str, device: str, model: Model) -> Artifact:
    wanted, own, trained = asked.tasks[task], device in model.devices, asked.trained(task)
    _, corpus = asked.files["corpus"][wanted["corpus"]]
    with_supertransformer = study.with_supertransformer and model.family == "hat"
    identity = {"task": task, "device": device, "model": model.name}
    timed = {"task": task, "device": device, "model": model.timed_as}
    files = {"architecture": model.architecture} | ({"confirmed": model.confirmed} if model.confirmed and own else {})
    found = _files(asked, files, **identity)
    if asked.at_hand(device):
        found |= _files(asked, {"latency": paths.MODEL_LATENCY}, **timed)
    else:
        found |= _files(asked, {"predictions": paths.PREDICTED_MODELS}, **timed)
    if trained:
        split = wanted["generation"]["splits"][0]
        found |= _files(asked, {"score": paths.SCORE, "report": paths.TRAINING_REPORT}, **identity, split=split)
    if with_supertransformer:
        found |= _files(asked, {"supertransformer": paths.SUPERTRANSFORMER_METRICS}, **identity)
    if trained or wanted["sentence_length"] is None:
        found["corpus"] = Path(paths.BINARY.format(corpus=wanted["corpus"]))
    space = asked.files["space"][wanted["space"]][1]
    return Artifact(
        identity=identity,
        files=found,
        facts={
            "family": model.family,
            "base": model.base,
            "timed_as": model.timed_as,
            "budget": model.budget if own else None,
            "bleu_kind": corpus["bleu"],
            "sentence_length": wanted["sentence_length"],
            "seed": asked.settings["seed"],
            "space": {gene: space[gene] for gene in GENES} if with_supertransformer else None,
        },
    )
