"""What an experiment can show. A study is declared here, once: its targets, its checks and its costs follow from that.

docs/adding-a-study.md walks through adding one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal

from hat.architecture import DesignSpace
from hat.budgets import Budget
from hat.latency.profile import variants
from hat.search.evolution import SEEDS, Settings

from hat_workflow.models import Main, Model

MAIN = "table8"
MEASURED = 10
"""Candidates of a search of which predictions are compared with measurements."""
HOLDS_RIVALS = "torch_eager"
"""The engine of what is no Transformer: fairseq holds it, on this machine."""


@dataclass(frozen=True)
class Task:
    """A task as the needs of studies see it."""

    settings: Mapping[str, Any]
    at_hand: Sequence[str]
    """Those of its devices that can be measured; of the others, published latencies are known."""
    engines: Mapping[str, str | None]
    """The engine of each of its devices, None of those that are not this very machine."""

    @property
    def trained(self) -> bool:
        return self.settings["training"] is not None

    @property
    def devices(self) -> list[str]:
        return list(self.settings["devices"])

    @property
    def predicted(self) -> list[str]:
        """Those of its devices for which something is searched, or that are not at hand."""
        return [name for name in self.devices if self.settings["devices"][name]["budgets"] or name not in self.at_hand]

    @cached_property
    def budgets(self) -> list[Budget]:
        """Of the first device."""
        return [Budget.parse(text) for first in self.devices[:1] for text in self.settings["devices"][first]["budgets"]]


@dataclass(frozen=True)
class Need:
    """What a task must have, or the study has nothing to study."""

    met: Callable[[Task], bool]
    unmet: str
    """What an error says of a task without it."""
    legal: str


TRAINED = Need(lambda task: task.trained, "where nothing is trained", "training: NAME")
UNTRAINED = Need(lambda task: not task.trained, "where models are trained", "training: null")
DEVICE = Need(lambda task: bool(task.devices), "without a device", "devices: {this-cpu: {}}")
PREDICTED = Need(lambda task: bool(task.predicted), "without budgets", "devices: {this-cpu: {budgets: [50%]}}")
AT_HAND = Need(lambda task: bool(task.at_hand), "where no device is at hand", "a device to measure on")
FIRST_AT_HAND = Need(
    lambda task: list(task.at_hand[:1]) == task.devices[:1], "on a device that is not at hand", "another first device"
)
ONE_BUDGET, TWO_BUDGETS = (
    Need(
        lambda task, least=least: len(task.budgets) >= least,  # type: ignore[misc]
        f"with fewer than {least} budgets for the first device",
        f"at least {least}",
    )
    for least in (1, 2)
)
ASCENDING = Need(
    lambda task: all(first.within(second) for first, second in pairwise(task.budgets)),
    "with budgets that do not ascend",
    "25% before 75%, one unit, no size limited more than before",
)
HOLDING_RIVALS = Need(
    lambda task: any(
        engine == HOLDS_RIVALS and task.settings["devices"][device]["budgets"]
        for device, engine in task.engines.items()
    ),
    f"without a device here that has the engine {HOLDS_RIVALS} and a budget",
    "devices: {this-cpu-torch: {budgets: [60%]}}",
)
DEPTH = Need(
    lambda task: bool(task.settings["baselines"]["depth"]), "without a Transformer as large", "baselines > depth"
)
COMPARED = Need(lambda task: bool(task.settings["compared"]), "without models to compare", "compared: [NAME, NAME]")


def search_settings(task: Mapping[str, Any]) -> Settings:
    """How a task searches. InputError when it contradicts itself."""
    return Settings(**{field.name: task["search"][field.name] for field in fields(Settings)})


def _none(*_: Any) -> tuple[()]:
    return ()


def _zero(*_: Any) -> int:
    return 0


@dataclass(frozen=True, kw_only=True)
class Study:
    """One thing that an experiment can show. An exhibit, a table or a figure, has a module of its name in hat/paper."""

    name: str
    """The target that makes it, and how an experiment asks for it."""
    says: str
    """What it shows, as the manual says it."""
    tables: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    reads: tuple[str, ...] = ("models",)
    """The kinds of artifacts that its exhibits are made of, those of `hat_workflow.artifacts.KINDS`."""
    families: tuple[str, ...] = ()
    """The families of the models that it shows."""
    models_of: str | None = None
    """The study whose models it shows, where that has gathered them already."""
    adds: Callable[[Main], Iterable[Model]] = _none
    """The models that are made for it, besides those of the main table. Studies may share them."""
    devices: Literal["all", "at hand", "first", "predicted"] = "all"
    """Those that it looks at; `predicted` as `Task.predicted`."""
    engine: str | None = None
    """The engine that its devices must have, here on this machine; None for any, anywhere."""
    budgets: Literal["all", "middle"] = "all"
    """Those that it looks at, of each device; the middle one of two is the wider."""
    least_devices: int = 1
    """How many the experiment must have, over all its tasks."""
    everywhere: bool = False
    """Whether it shows each model on all devices, not only on the one that it was searched for."""
    with_supertransformer: bool = False
    """Whether the SuperTransformer's training counts as a cost of HAT's models."""
    needs: tuple[Need, ...] = ()
    always: bool = False
    """Whether it is made without being asked for, wherever its needs are met."""
    searches: Callable[[Mapping[str, Any]], int] = _zero
    """Of a task's settings: how many searches it runs besides those for the budgets."""
    timed_runs: Callable[[Mapping[str, Any], DesignSpace], int] = _zero
    """Of a task's settings and space: the timed runs that it takes on each of its devices."""

    @property
    def exhibits(self) -> tuple[str, ...]:
        return self.tables + self.figures

    def gathered(self, kind: str) -> str:
        """The study under whose name a kind of artifact is gathered for this one."""
        return self.models_of or self.name if kind == "models" else self.name

    def unmet(self, task: Task) -> list[Need]:
        return [need for need in self.needs if not need.met(task)]


_SEARCHED = (TRAINED, ONE_BUDGET)
_RIVALS = (TRAINED, DEPTH, HOLDING_RIVALS)

STUDIES = {
    study.name: study
    for study in (
        Study(
            name=MAIN,
            says="Latency, size and translation quality of all models.",
            tables=(MAIN,),
            families=("hat", "depth", "width", "given"),
            needs=(DEVICE,),
            always=True,
        ),
        Study(
            name="figure6",
            says="Predicted against measured latency, on each device that something is searched for.",
            figures=("figure6",),
            reads=("predictions", "predictors"),
            devices="predicted",
            needs=(PREDICTED,),
            always=True,
        ),
        Study(
            name="figure7",
            says="BLEU against measured latency, on each device.",
            figures=("figure7",),
            models_of=MAIN,
            needs=(TRAINED, AT_HAND),
            always=True,
        ),
        Study(
            name="figure12",
            says="The architectures of the models under `compared`, drawn side by side.",
            figures=("figure12",),
            models_of=MAIN,
            needs=(COMPARED,),
            always=True,
        ),
        Study(
            name="table1",
            says="Each search's model measured on every device of the task.",
            tables=("table1",),
            families=("hat",),
            everywhere=True,
            needs=_SEARCHED,
        ),
        Study(
            name="table2",
            says=(
                "Latency, size, BLEU and cost of training: the deepest Transformer of `baselines > depth`, the Evolved "
                "Transformer, HAT; and Figure 10. Hours are measured; GPU-hours, CO2e and dollars are computed as for "
                "a V100. On devices under eager torch."
            ),
            tables=("table2",),
            figures=("figure10",),
            families=("given", "depth", "evolved", "hat"),
            adds=lambda main: main.rivals("evolved"),
            engine=HOLDS_RIVALS,
            with_supertransformer=True,
            needs=_RIVALS,
        ),
        Study(
            name="table3",
            says=(
                "The same beside the Levenshtein and the Lite Transformer, each with the size of that Transformer, on "
                "the same devices."
            ),
            tables=("table3",),
            families=("depth", "levenshtein", "evolved", "lite", "hat"),
            adds=lambda main: main.rivals("levenshtein", "evolved", "lite"),
            engine=HOLDS_RIVALS,
            needs=_RIVALS,
        ),
        Study(
            name="table4",
            says="The largest SubTransformer of the space, trained from scratch, beside HAT.",
            tables=("table4",),
            families=("hat", "largest"),
            adds=lambda main: main.sampled("largest"),
            needs=_SEARCHED,
        ),
        Study(
            name="table5",
            says=(
                "Inherited loss and BLEU against BLEU from scratch, for HAT's models, the largest, the smallest and a "
                "random SubTransformer, with Kendall's tau; and Figure 11."
            ),
            tables=("table5",),
            figures=("figure11",),
            families=("hat", "largest", "smallest", "random", "inherited"),
            adds=Main.proxies,
            needs=_SEARCHED,
        ),
        Study(
            name="table6",
            says="From scratch against fine-tuning of inherited weights (the recipe's section `finetuning`).",
            tables=("table6",),
            families=("hat", "finetuned"),
            adds=Main.finetuned,
            needs=_SEARCHED,
        ),
        Study(
            name="table7",
            says=(
                "K-means quantisation at 8 and 4 bits, without and with the embeddings, of the model with the widest "
                "budget; baselines at 4 bits. Sizes by the paper's rule and as stored."
            ),
            tables=("table7",),
            families=("hat", "depth", "width", "given", "quantised"),
            adds=Main.quantised,
            needs=(*_SEARCHED, ASCENDING),
        ),
        Study(
            name="distillation",
            says="The model with the narrowest budget, alone and with that of the widest as its teacher.",
            tables=("distillation",),
            families=("hat", "distilled"),
            adds=Main.distilled,
            needs=(TRAINED, TWO_BUDGETS, ASCENDING),
        ),
        Study(
            name="figure2",
            says="Latency against each dimension of a Transformer alone, on each device; and against FLOPs.",
            figures=("figure2",),
            reads=("profiles", "samples"),
            devices="at hand",
            needs=(AT_HAND,),
            timed_runs=lambda task, space: len(variants(space)) * task["measurement"]["runs"],
        ),
        Study(
            name="figure8",
            says="Figure 7 for the tasks with one device.",
            figures=("figure8",),
            models_of=MAIN,
            needs=(TRAINED, AT_HAND),
        ),
        Study(
            name="figure9",
            says="The search beside a random one with as many evaluations, three seeds each.",
            figures=("figure9",),
            reads=("searches",),
            devices="first",
            budgets="middle",
            needs=(*_SEARCHED, ASCENDING),
            searches=lambda task: 2 * SEEDS,
        ),
        Study(
            name="pareto",
            says=(
                "The whole front of latency and loss in one search (NSGA-II) that scores as many as all others "
                "together; and its menu, the best model for each budget."
            ),
            tables=("menu",),
            figures=("pareto",),
            reads=("fronts", "histories", "offers", "candidates", "budgets"),
            devices="first",
            needs=_SEARCHED,
            searches=lambda task: len(next(iter(task["devices"].values()))["budgets"]),
        ),
        Study(
            name="online",
            says=(
                "A search that measures each candidate instead of asking the predictor: what it finds, and what it "
                "costs."
            ),
            tables=("online",),
            reads=("confirmed", "samples", "signatures"),
            devices="first",
            budgets="middle",
            needs=(*_SEARCHED, ASCENDING, AT_HAND, FIRST_AT_HAND),
            searches=lambda task: 1,
            timed_runs=lambda task, space: search_settings(task).planned_evaluations * task["latency"]["runs"],
        ),
        Study(
            name="gaps",
            says="Predicted against measured latency of the ten best candidates of each search, its winner among them.",
            tables=("gaps",),
            reads=("measured", "budgets"),
            devices="at hand",
            needs=(*_SEARCHED, AT_HAND),
            timed_runs=lambda task, space: MEASURED * task["measurement"]["runs"],
        ),
        Study(
            name="translation",
            says="What shipped models take for real sentences, in every runtime and number format, beside eager torch.",
            tables=("translation",),
            reads=("translations", "models"),
            models_of=MAIN,
            families=("hat", "depth", "width", "given"),
            needs=(TRAINED,),
        ),
        Study(
            name="predictors",
            says="Latency predictors by kind and depth, and their learning curves.",
            tables=("predictors",),
            figures=("learning_curves",),
            reads=("trials", "predictors"),
            needs=(DEVICE,),
        ),
        Study(
            name="few_samples",
            says=(
                "How well each device is learned from 5 to 200 samples, alone and from the predictors of the "
                "experiment's other devices, with random samples and with chosen ones."
            ),
            tables=("few_samples",),
            figures=("transfer",),
            reads=("transfers",),
            least_devices=2,
            needs=(DEVICE,),
        ),
        Study(
            name="insights",
            says="What the architectures for each device have in common.",
            figures=("insights",),
            models_of=MAIN,
            needs=(DEVICE,),
        ),
        Study(
            name="stand_in",
            says="Searches on a stand-in for the loss, where nothing is trained.",
            figures=("stand_in",),
            reads=("models", "stand_ins", "budgets"),
            models_of=MAIN,
            needs=(UNTRAINED,),
        ),
    )
}
"""Every study, by name. What an experiment may ask for are those that are not made always."""

OPTIONAL = [study.name for study in STUDIES.values() if not study.always]
EXHIBITS = {exhibit: study for study in STUDIES.values() for exhibit in study.exhibits}
TABLES = [table for study in STUDIES.values() for table in study.tables]
FIGURES = [figure for study in STUDIES.values() for figure in study.figures]
