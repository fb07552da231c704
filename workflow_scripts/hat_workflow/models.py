"""The models that a task asks for: those of the main table, and those that its studies compare them with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hat.budgets import budget_name

MAIN = "table8"
"""Not a study: what is always made."""
FAMILIES = {
    MAIN: ("hat", "depth", "width", "given"),
    "table1": ("hat",),
    "table2": ("given", "depth", "evolved", "hat"),
    "table3": ("depth", "levenshtein", "evolved", "lite", "hat"),
    "table4": ("hat", "largest"),
    "table5": ("hat", "largest", "smallest", "random", "inherited"),
    "table6": ("hat", "finetuned"),
    "table7": ("hat", "depth", "width", "given", "quantised"),
    "distillation": ("hat", "distilled"),
}
"""Which families each table compares."""
FIGURES = {"figure7": MAIN, "figure8": MAIN, "figure10": "table2", "figure11": "table5", "insights": MAIN}
"""The table whose models each figure shows."""
SAMPLED = {"table4": ("largest",), "table5": ("largest", "smallest", "random-1")}
"""The members of the design space that a study trains from scratch besides those that searches find."""
RIVALS = {"table2": ("evolved",), "table3": ("levenshtein", "evolved", "lite")}
"""Other architectures, trained at the size of the deepest Transformer among the baselines."""
BITS = (8, 4)
MAKERS = {
    "train_model": (
        *("hat", "depth", "width", "given", "largest", "smallest", "random", "finetuned", "distilled"),
        *("evolved", "lite", "levenshtein"),
    ),
    "import_checkpoint": (),
    "extract_model": ("inherited",),
    "quantise_model": ("quantised",),
}
"""The commands that write checkpoints, each with the families that it writes; any model may be imported."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model to make, to score and to time. Paths are below the task's folder."""

    name: str
    family: str
    """One of those in `FAMILIES`."""
    architecture: str
    """The file that its architecture comes from."""
    devices: tuple[str, ...]
    """Where its latency counts: on the device that it was searched for or given for, or on all of them."""
    budget: str | None = None
    confirmed: str | None = None
    """What its search found; HAT models only."""
    given: str | None = None
    """The file of its architecture, by name or path; given architectures only."""
    checkpoint: str | None = None
    """The authors' checkpoint that is imported instead of a training, path or URL."""
    sha256: str | None = None
    base: str | None = None
    """The model whose architecture it has, and therefore its latency."""
    initial: str | None = None
    """The model from whose weights it is made."""
    teacher: str | None = None
    """The model that it learns from, besides the references."""
    bits: int | None = None
    embeddings: bool = False
    """Whether the embedding tables are quantised, too."""

    @property
    def made_by(self) -> str:
        """The command that writes its checkpoint."""
        if self.checkpoint is not None:
            return "import_checkpoint"
        return next(maker for maker, families in MAKERS.items() if self.family in families)

    @property
    def kind(self) -> str:
        """The family as `train_model` knows it: most are Transformers."""
        return self.family if any(self.family in rivals for rivals in RIVALS.values()) else "transformer"

    @property
    def timed_as(self) -> str:
        """The model whose latency it has: equal architectures are timed once."""
        return self.base or self.name


def models_of(task: Mapping[str, Any]) -> Iterator[Model]:
    """The models of a task: one for each budget of each device, those given, the baselines, and those of its studies.

    Where nothing is trained, searches run on a stand-in for the loss, and what they find is no model.
    """
    main = list(_main(task))
    yield from main
    yield from _studied(task, main)


def compared(models: Sequence[Model], study: str) -> list[Model]:
    """Those of a task's models that the table of a study compares, or that Table 8 does (`MAIN`)."""
    return [model for model in models if model.family in FAMILIES[study]]


def devices_of(model: Model, table: str, task: Mapping[str, Any]) -> tuple[str, ...]:
    """The devices on which a table shows a model: Table 1 does on all, whichever it was searched for."""
    return tuple(task["devices"]) if table == "table1" else model.devices


def measured_on(device: str, models: Sequence[Model], task: Mapping[str, Any]) -> list[Model]:
    """The models of a task whose latency on a device some table asks for, each architecture once."""
    tables = [table for table in FAMILIES if table in (MAIN, *task["studies"])]
    return [
        model
        for model in models
        if model.timed_as == model.name
        and any(device in devices_of(model, table, task) for table in tables if model in compared(models, table))
    ]


def _main(task: Mapping[str, Any]) -> Iterator[Model]:
    for device, wanted in task["devices"].items():
        for text in wanted["budgets"] if task["training"] is not None else ():
            folder = f"search/{device}/{budget_name(text)}"
            yield Model(
                name=f"hat-{device}-{budget_name(text)}",
                family="hat",
                architecture=f"{folder}/subtransformer.yaml",
                devices=(device,),
                budget=text,
                confirmed=f"{folder}/confirmed.json",
            )
        yield from _given(wanted["models"], (device,))
    for family in ("depth", "width"):
        for size in task["baselines"][family]:
            name = f"transformer-{family}-{size}"
            yield Model(name=name, family=family, architecture=f"baselines/{name}.yaml", devices=tuple(task["devices"]))
    yield from _given(task["baselines"]["given"], tuple(task["devices"]))


def _given(entries: Sequence[str | Mapping[str, Any]], devices: tuple[str, ...]) -> Iterator[Model]:
    for entry in entries:
        wanted = {"architecture": entry} if isinstance(entry, str) else entry
        name = Path(wanted["architecture"]).name.removesuffix(".yaml").removesuffix(".yml")
        yield Model(
            name=name,
            family="given",
            architecture=f"given/{name}.yaml",
            devices=devices,
            given=wanted["architecture"],
            checkpoint=wanted.get("checkpoint"),
            sha256=wanted.get("sha256"),
        )


def _studied(task: Mapping[str, Any], main: Sequence[Model]) -> Iterator[Model]:
    """What studies add. They look at the searches for the first device, whose last budget is the widest."""
    studies, devices = task["studies"], tuple(task["devices"])
    searched = [model for model in main if model.family == "hat" and model.devices == devices[:1]]
    names = dict.fromkeys(name for study, names in SAMPLED.items() if study in studies for name in names)
    sampled = [
        Model(name=name, family=name.split("-")[0], architecture=f"sampled/{name}.yaml", devices=devices)
        for name in names
    ]
    yield from sampled
    deepest = max(task["baselines"]["depth"], default=0)
    for family in dict.fromkeys(name for study, names in RIVALS.items() if study in studies for name in names):
        architecture = f"baselines/transformer-depth-{deepest}.yaml"
        yield Model(name=family, family=family, architecture=architecture, devices=devices)
    if "table5" in studies or "table6" in studies:
        for model in [*searched, *(sampled if "table5" in studies else ())]:
            yield _derived(model, "inherited")
    if "table6" in studies:
        for model in searched:
            yield _derived(model, "finetuned", initial=f"{model.name}-inherited")
    if "table7" in studies:
        for model in searched[-1:]:
            for embeddings in (False, True):
                yield from (_quantised(model, bits, embeddings) for bits in BITS)
        yield from (_quantised(model, BITS[-1], False) for model in main if model.family != "hat")
    if "distillation" in studies:
        yield _derived(searched[0], "distilled", teacher=searched[-1].name)


def _derived(model: Model, family: str, **facts: Any) -> Model:
    """A model of the same architecture with weights from elsewhere."""
    name = facts.pop("name", f"{model.name}-{family}")
    return replace(model, name=name, family=family, base=model.name, budget=None, confirmed=None, **facts)


def _quantised(model: Model, bits: int, embeddings: bool) -> Model:
    name = f"{model.name}-{bits}bit{'-all' if embeddings else ''}"
    return _derived(model, "quantised", name=name, initial=model.name, bits=bits, embeddings=embeddings)
