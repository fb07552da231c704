"""The models that a task asks for: those of the main table, and what studies derive from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hat.budgets import budget_name

from hat_workflow import paths

MAKERS = {
    **dict.fromkeys(("hat", "depth", "width", "given", "largest", "smallest", "random", "finetuned"), "train_model"),
    "distilled": "distil_model",
    **dict.fromkeys(("evolved", "lite", "levenshtein"), "train_rival"),
    "inherited": "extract_model",
    "quantised": "quantise_model",
}
"""By family, the command that writes the checkpoint of such a model; any may be imported instead."""
BITS = (8, 4)


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model to make, to score and to time. Paths leave the experiment and the task open."""

    name: str
    family: str
    """One of those in `MAKERS`."""
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
        return "import_checkpoint" if self.checkpoint is not None else MAKERS[self.family]

    @property
    def is_rival(self) -> bool:
        """Whether it is no Transformer, so that it takes fairseq to hold it."""
        return MAKERS[self.family] == "train_rival"

    @property
    def timed_as(self) -> str:
        """The model whose latency it has: equal architectures are timed once."""
        return self.base or self.name


@dataclass(frozen=True)
class Main:
    """The models of a task's main table, from which studies derive theirs."""

    task: Mapping[str, Any]
    models: Sequence[Model]

    @property
    def devices(self) -> tuple[str, ...]:
        return tuple(self.task["devices"])

    @property
    def searched(self) -> list[Model]:
        """What the searches for the first device found, in the order of its budgets."""
        return [model for model in self.models if model.family == "hat" and model.devices == self.devices[:1]]

    def sampled(self, *names: str) -> list[Model]:
        """Members of the design space that no search found: largest, smallest, random-1."""
        return [
            Model(
                name=name,
                family=name.split("-")[0],
                architecture=paths.fill(paths.SAMPLED, model=name),
                devices=self.devices,
            )
            for name in names
        ]

    def rivals(self, *families: str) -> Iterator[Model]:
        """Other architectures, as large as the deepest Transformer among the baselines."""
        deepest = max(self.task["baselines"]["depth"], default=0)
        for family in families:
            architecture = paths.fill(paths.BASELINE, kind="depth", value=deepest)
            yield Model(name=family, family=family, architecture=architecture, devices=self.devices)

    def inherited(self, models: Iterable[Model]) -> Iterator[Model]:
        """Each with the weights that it inherits from the SuperTransformer."""
        return (_derived(model, "inherited") for model in models)

    def proxies(self) -> Iterator[Model]:
        """What was searched, the extremes and one at random: from scratch, and with inherited weights."""
        sampled = self.sampled("largest", "smallest", "random-1")
        yield from sampled
        yield from self.inherited([*self.searched, *sampled])

    def finetuned(self) -> Iterator[Model]:
        """What was searched, with inherited weights and from there."""
        yield from self.inherited(self.searched)
        for model in self.searched:
            yield _derived(model, "finetuned", initial=f"{model.name}-inherited")

    def distilled(self) -> Iterator[Model]:
        """The model within the first budget, with that of the last as its teacher."""
        yield _derived(self.searched[0], "distilled", teacher=self.searched[-1].name)

    def quantised(self) -> Iterator[Model]:
        """The model within the last budget in every way, all others at the fewest bits."""
        for model in self.searched[-1:]:
            for embeddings in (False, True):
                yield from (_quantised(model, bits, embeddings) for bits in BITS)
        yield from (_quantised(model, BITS[-1], False) for model in self.models if model.family != "hat")


def main_models(task: Mapping[str, Any]) -> Iterator[Model]:
    """One model for each budget of each device, those given for it, the baselines, those given for all devices.

    Where nothing is trained, searches run on a stand-in for the loss, and what they find is no model.
    """
    for device, wanted in task["devices"].items():
        for text in wanted["budgets"] if task["training"] is not None else ():
            place = {"device": device, "budget": budget_name(text)}
            yield Model(
                name="hat-{device}-{budget}".format(**place),
                family="hat",
                architecture=paths.fill(paths.SUBTRANSFORMER, **place),
                devices=(device,),
                budget=text,
                confirmed=paths.fill(paths.CONFIRMED, **place),
            )
        yield from _given(wanted["models"], (device,))
    devices = tuple(task["devices"])
    for family in ("depth", "width"):
        for size in task["baselines"][family]:
            name = f"transformer-{family}-{size}"
            architecture = paths.fill(paths.BASELINE, kind=family, value=size)
            yield Model(name=name, family=family, architecture=architecture, devices=devices)
    yield from _given(task["baselines"]["given"], devices)


def _given(entries: Sequence[str | Mapping[str, Any]], devices: tuple[str, ...]) -> Iterator[Model]:
    for entry in entries:
        wanted = {"architecture": entry} if isinstance(entry, str) else entry
        name = Path(wanted["architecture"]).name.removesuffix(".yaml").removesuffix(".yml")
        yield Model(
            name=name,
            family="given",
            architecture=paths.fill(paths.GIVEN, model=name),
            devices=devices,
            given=wanted["architecture"],
            checkpoint=wanted.get("checkpoint"),
            sha256=wanted.get("sha256"),
        )


def _derived(model: Model, family: str, **facts: Any) -> Model:
    """A model of the same architecture with weights from elsewhere."""
    name = facts.pop("name", f"{model.name}-{family}")
    return replace(model, name=name, family=family, base=model.name, budget=None, confirmed=None, **facts)


def _quantised(model: Model, bits: int, embeddings: bool) -> Model:
    name = f"{model.name}-{bits}bit{'-all' if embeddings else ''}"
    return _derived(model, "quantised", name=name, initial=model.name, bits=bits, embeddings=embeddings)
