"""What a design space can reach on a device: its fastest and its slowest model, and what budgets mean between them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hat.architecture import DesignSpace, Genes, SubTransformer
from hat.budgets import Budget
from hat.errors import InputError

Predict = Callable[[Sequence[SubTransformer]], Iterable[float]]
"""Architectures -> the latency of each, in ms."""


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
