"""What the jobs of an experiment cost before it runs: GPU-hours of a V100, from the closed form of `hat.footprint`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from hat.architecture import DesignSpace, SubTransformer
from hat.cost import count_bytes
from hat.errors import InputError
from hat.files import JsonFile
from hat.footprint import flops_per_token, forward, mean_flops_per_token, training
from hat.interop.architectures import read_architecture

from hat_workflow import paths, settings
from hat_workflow.baselines import SCALED, designed
from hat_workflow.experiment import Experiment
from hat_workflow.models import Model
from hat_workflow.studies import search_settings

SENTENCE_LENGTH, VOCABULARY, VALIDATION_PAIRS = 30, 32768, 3000
"""Of a corpus that is not there yet, what its files do not say: taken to be as in WMT'14 En-De (newstest2013)."""
SAFETY = 2
"""Time limits over estimates, which leave out all but products of matrices."""
LEAST_MINUTES = 240
"""Models that are too small to fill a GPU, or no GPU at all, take longer than their FLOPs say."""
COPIES = 2
"""Of the weights of a finished training: its artifact, and that in its rolling folder, for equal trainings to find."""
EXTRACTING = "extract_model"
TRAINING = ("train_model", "distil_model", "train_rival")
"""The commands that train dense models."""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """The numbers of a corpus that computing on it depends on."""

    sentence_length: int
    vocabulary: int
    validation_tokens: float


class Estimates:
    """The GPU-hours of a task's jobs. What a search will find costs as much as the mean of the design space."""

    def __init__(self, asked: Experiment, name: str) -> None:
        self._asked, self._name, self._task = asked, name, asked.settings["tasks"][name]

    @property
    def supertransformer(self) -> float:
        return self._trained("supertransformer", self._mean)

    def model(self, model: Model) -> float:
        """A dense model; nothing where it is not trained."""
        if model.made_by not in TRAINING:
            return 0.0
        if model.family == "finetuned":
            return self._trained("finetuning", self._mean)
        return self._trained("subtransformer", self._flops(model))

    @property
    def supertransformer_bytes(self) -> int:
        """On disk, as `model_bytes`."""
        return COPIES * self._bytes(self._design_space.largest)

    def model_bytes(self, model: Model) -> int:
        """What a dense model keeps on disk; one whose architecture is not known yet counts as the largest."""
        copies = COPIES if model.made_by in TRAINING else model.made_by == EXTRACTING
        return copies and copies * self._bytes(self._architecture(model) or self._design_space.largest)

    @property
    def search(self) -> float:
        """One search, which uses no other's scores: as many SubTransformers on the validation set."""
        evaluations = search_settings(self._task).planned_evaluations
        return forward(self._mean, evaluations * self._work.validation_tokens).gpu_hours

    @cached_property
    def _work(self) -> Workload:
        return workload(self._asked, self._task)

    @cached_property
    def _space(self) -> dict[str, Any]:
        return self._asked.files["space"][self._task["space"]][1]

    @cached_property
    def _design_space(self) -> DesignSpace:
        return settings.as_design_space(self._space, self._name)

    def _bytes(self, sub: SubTransformer) -> int:
        corpus = self._asked.files["corpus"][self._task["corpus"]][1]
        tables = 1 if corpus["dictionary"] == "joint" else 2
        return count_bytes(sub, "float32", [self._work.vocabulary] * tables)

    @cached_property
    def _mean(self) -> float:
        return _mean(
            self._design_space, self._work.sentence_length, self._work.vocabulary, self._asked.settings["seed"]
        )

    def _flops(self, model: Model) -> float:
        """Of a forward pass for each target token."""
        known = self._architecture(model)
        return (
            self._mean if known is None else flops_per_token(known, self._work.sentence_length, self._work.vocabulary)
        )

    def _architecture(self, model: Model) -> SubTransformer | None:
        """That of a model whose architecture stands before anything ran."""
        if model.given is not None:
            return read_architecture(settings.find("architecture", model.given))
        kind, _, value = model.name.removeprefix("transformer-").partition("-")
        return designed(self._space, kind, int(value)) if model.family in SCALED else None

    def _trained(self, section: str, flops: float) -> float:
        training_file, _ = self._asked.files["training"][self._task["training"]]
        recipe = settings.recipe(training_file, section)
        return training(flops, recipe["updates"] * recipe["max_tokens"] * recipe["update_freq"]).gpu_hours


@cache
def _mean(space: DesignSpace, sentence_length: int, vocabulary: int, seed: int) -> float:
    return mean_flops_per_token(space, sentence_length, vocabulary, seed)


def workload(asked: Experiment, task: Mapping[str, Any]) -> Workload:
    """From the binarised corpus or, as long as that is not there as its command wrote it, from assumptions."""
    _, corpus = asked.files["corpus"][task["corpus"]]
    path = Path(paths.STATISTICS.format(corpus=task["corpus"]))
    with suppress(InputError):
        found = JsonFile(path)
        return Workload(
            sentence_length=task["sentence_length"] or int(found.number("sentence_length")),
            vocabulary=int(found.number("target_vocabulary")),
            validation_tokens=found.number("tokens", "valid", corpus["target"]),
        )
    length = task["sentence_length"] or SENTENCE_LENGTH
    pairs = corpus["generated"]["valid"] if corpus["generated"] else VALIDATION_PAIRS
    return Workload(sentence_length=length, vocabulary=corpus["bpe"] or VOCABULARY, validation_tokens=pairs * length)


def minutes(gpu_hours: float, gpus: int) -> int:
    """The time limit of a job that takes as many GPU-hours of a V100, shared by `gpus`; no limit is below the least."""
    return max(LEAST_MINUTES, math.ceil(60 * SAFETY * gpu_hours / max(1, gpus)))
