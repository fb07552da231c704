"""Latency budgets: `25%` of the way from a space's fastest to its slowest model on a device, or `120ms`.

Imports no torch: the workflow reads budgets when it parses its rules.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hat.architecture import DesignSpace, Genes, SubTransformer
from hat.errors import InputError, nearest
from hat.files import JsonFile

Predict = Callable[[Sequence[SubTransformer]], Iterable[float]]

LEGAL = "a share of the way from the fastest to the slowest model, such as 25%, or a latency, such as 120ms"
FORM = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(%|ms)")


@dataclass(frozen=True)
class Budget:
    """A budget as an experiment states it."""

    number: float
    unit: str
    """% or ms"""

    @classmethod
    def parse(cls, text: object) -> Budget:
        """InputError unless `text` is a share up to 100%, or a latency in ms."""
        match = FORM.fullmatch(text.strip()) if isinstance(text, str) else None
        if match is None:
            raise InputError(f"budget {text!r}", "not a budget", LEGAL)
        budget = cls(float(match[1]), match[2])
        if budget.unit == "%" and budget.number > 100:
            raise InputError(f"budget {text!r}", "beyond the slowest model", "at most 100%")
        return budget

    @property
    def name(self) -> str:
        """As it stands in paths and model names: p25, 120ms."""
        number = f"{self.number:.6f}".rstrip("0").rstrip(".")
        return f"p{number}" if self.unit == "%" else f"{number}ms"

    def latency_ms(self, fastest_ms: float, slowest_ms: float) -> float:
        return self.number if self.unit == "ms" else fastest_ms + self.number / 100 * (slowest_ms - fastest_ms)


def budget_name(text: object) -> str:
    """`25%` -> `p25`, `120ms` -> `120ms`. InputError when `text` is no budget."""
    return Budget.parse(text).name


@dataclass(frozen=True)
class Range:
    """The fastest and the slowest predicted latency that a design space can reach."""

    fastest_ms: float
    slowest_ms: float


def latency_range(space: DesignSpace, predict: Predict) -> Range:
    """Both ends of what `predict` says about the space."""
    fastest_ms, _ = fastest(space, predict)
    negated_ms, _ = fastest(space, lambda subs: [-latency for latency in predict(subs)])
    return Range(fastest_ms, -negated_ms)


def fastest(space: DesignSpace, predict: Predict) -> tuple[float, Genes]:
    """The least latency that `predict` says about the space, and a gene vector that has it.

    Every combination of dims and depths is tried with each per-layer gene at either end of its choices, the same in all
    layers; then single genes are changed while that helps. Exact for a predictor that is linear in each layers' mean.
    """
    corners = list(_corners(space))
    predicted = predict([space.decode(genes) for genes in corners])
    return _descend(space, *min(zip(predicted, corners, strict=True)), predict)


def reported_rmse_ms(path: str | os.PathLike[str]) -> float:
    """The test error of the chosen model, from a predictor's report. InputError when the file is no such report."""
    report = JsonFile(path)
    return report.number("models", str(report["chosen"]), "test", "rmse_ms")


def resolve(texts: Sequence[str], found: Range, rmse_ms: float) -> dict[str, Any]:
    """The latency of each budget, by its name, and the range it was taken from.

    InputError when a budget is below the fastest reachable latency, or when two are closer than `rmse_ms`, the
    predictor's test error: their searches would be told apart by noise.
    """
    budgets = {text: Budget.parse(text) for text in texts}
    latencies = {text: budget.latency_ms(found.fastest_ms, found.slowest_ms) for text, budget in budgets.items()}
    for text, latency_ms in latencies.items():
        if latency_ms < found.fastest_ms:
            legal = f"at least {found.fastest_ms:.4g}ms, the fastest reachable latency of this space on this device"
            raise InputError(f"budget {text}", "cannot be reached", legal)
    for first, second in itertools.pairwise(sorted(texts, key=lambda text: latencies[text])):
        if latencies[second] - latencies[first] < rmse_ms:
            told = f"{latencies[first]:.4g} and {latencies[second]:.4g} ms cannot be told apart by predictions"
            raise InputError(f"budgets {first} and {second}", told, f"budgets at least {rmse_ms:.4g} ms apart")
    return {
        "fastest_ms": found.fastest_ms,
        "slowest_ms": found.slowest_ms,
        "budgets": {budgets[text].name: {"text": text, "latency_ms": latencies[text]} for text in texts},
    }


def budget_ms(path: str | os.PathLike[str], name: str) -> float:
    """What `resolve` found for the budget `name`. InputError when the file does not hold it."""
    record = JsonFile(path)
    budgets = record["budgets"]
    if isinstance(budgets, dict) and name not in budgets:
        raise InputError(path, f"unknown budget {name!r}", nearest(name, budgets))
    return record.number("budgets", name, "latency_ms")


def _corners(space: DesignSpace) -> Iterator[Genes]:
    """All dims and depths, each kind of per-layer gene at its smallest or largest choice in all layers."""
    enc, dec = max(space.encoder_layers), max(space.decoder_layers)

    def ends(choices: tuple[int, ...], layers: int) -> list[Genes]:
        return [(value,) * layers for value in sorted({choices[0], choices[-1]})]

    def single(choices: tuple[int, ...]) -> list[Genes]:
        return [(value,) for value in choices]

    parts = (
        single(space.encoder_embed_dim),
        single(space.encoder_layers),
        ends(space.encoder_ffn_dim, enc),
        ends(space.encoder_self_heads, enc),
        single(space.decoder_embed_dim),
        single(space.decoder_layers),
        ends(space.decoder_ffn_dim, dec),
        ends(space.decoder_self_heads, dec),
        ends(space.decoder_cross_heads, dec),
        ends(space.decoder_attended_layers, dec),
    )
    return (tuple(itertools.chain(*combination)) for combination in itertools.product(*parts))


def _descend(space: DesignSpace, best: float, genes: Genes, predict: Predict) -> tuple[float, Genes]:
    """The least prediction that single changes of genes lead to, and its genes."""
    while True:
        neighbours = [
            (*genes[:position], choice, *genes[position + 1 :])
            for position, choices in enumerate(space.genes())
            for choice in choices
            if choice != genes[position]
        ]
        scored = predict([space.decode(neighbour) for neighbour in neighbours])
        found = min(zip(scored, neighbours, strict=True), default=(best, genes))
        if found[0] >= best:
            return best, genes
        best, genes = found
