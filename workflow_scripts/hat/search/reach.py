"""What a design space can reach on a device: its fastest and its slowest model."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from hat.architecture import DesignSpace, Genes, SubTransformer

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
