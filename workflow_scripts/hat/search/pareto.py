"""The whole front of latency and loss in one search: NSGA-II (Deb et al. 2002) over the genes of a design space."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from hat.architecture import DesignSpace, Genes, SubTransformer
from hat.search.evolution import PATIENCE, Candidate, Evaluation, Objective, Origin
from hat.search.reach import Predict, fastest

Member = TypeVar("Member")
Scores = tuple[float, float]
"""Latency in ms and loss: less is better in both."""


def pareto_search(
    space: DesignSpace, predict: Predict, objective: Objective, *, population: int, evaluations: int, seed: int
) -> Iterator[Evaluation]:
    """Yield `evaluations` distinct architectures, each scored once, in the order of scoring.

    The first generation is random but for the fastest and the largest; each later one has as many children, by
    crossover and about one mutated gene, of parents that win tournaments. It ends early when nothing new is found. The
    sequence depends on nothing but the arguments.
    """
    rng = random.Random(f"pareto:{seed}")
    known: set[SubTransformer] = set()
    parents: list[Evaluation] = []
    _, quickest = fastest(space, predict)
    largest = tuple(max(choices) for choices in space.genes())
    iteration, left = 1, evaluations
    newcomers: list[tuple[Genes, Origin]] = [(quickest, "random"), (largest, "random")]
    newcomers += [(space.sample_genes(rng), "random") for _ in range(max(0, population - 2))]
    while left > 0:
        born = []
        for genes, origin in newcomers:
            sub = space.decode(genes)
            if sub not in known and left > 0:
                known.add(sub)
                (predicted_ms,) = predict([sub])
                candidate = Candidate(genes=genes, sub=sub, predicted_ms=float(predicted_ms), origin=origin)
                born.append(Evaluation(iteration=iteration, candidate=candidate, loss=objective(sub)))
                left -= 1
                yield born[-1]
        if not born:
            return
        parents = survivors([*parents, *born], population)
        newcomers = [(genes, "crossover") for genes in _children(space, parents, population, known, rng)]
        iteration += 1


def front(evaluations: Iterable[Evaluation]) -> list[Evaluation]:
    """Those that no other beats in both latency and loss, by rising latency; of equals the first."""
    return front_by(_scores, evaluations)


def front_by(scores: Callable[[Member], Scores], members: Iterable[Member]) -> list[Member]:
    """The same of anything that has these two scores."""
    found: list[Member] = []
    for member in sorted(members, key=scores):
        if not found or scores(member)[1] < scores(found[-1])[1]:
            found.append(member)
    return found


def survivors(members: Sequence[Evaluation], count: int) -> list[Evaluation]:
    """The best `count`, best first: front by front and, within a front, those that stand alone before the crowded."""
    kept: list[Evaluation] = []
    rest = list(members)
    while rest and len(kept) < count:
        layer = front(rest)
        chosen = {id(member) for member in layer}
        rest = [member for member in rest if id(member) not in chosen]
        gaps = _gaps([_scores(member) for member in layer])
        alone = sorted(range(len(layer)), key=lambda index: -gaps[index])
        kept += [layer[index] for index in alone]
    return kept[:count]


def _gaps(scores: Sequence[Scores]) -> list[float]:
    """How far each point of a front, by rising latency, is from its neighbours: its crowding distance."""
    if len(scores) < 3:
        return [float("inf")] * len(scores)
    spans = [max(abs(scores[-1][axis] - scores[0][axis]), 1e-12) for axis in (0, 1)]
    between = [
        sum(abs(after[axis] - before[axis]) / spans[axis] for axis in (0, 1))
        for before, after in zip(scores, scores[2:], strict=False)
    ]
    return [float("inf"), *between, float("inf")]


def _children(
    space: DesignSpace, parents: Sequence[Evaluation], count: int, known: set[SubTransformer], rng: random.Random
) -> list[Genes]:
    """`count` gene vectors with new architectures; fewer when none is found any more. `parents` come best first."""

    def winner() -> Genes:
        return parents[min(rng.randrange(len(parents)), rng.randrange(len(parents)))].candidate.genes

    children: dict[SubTransformer, Genes] = {}
    vain = 0
    while len(children) < count and vain < PATIENCE:
        child = space.mutate(space.crossover(winner(), winner(), rng), 1 / len(space.genes()), rng)
        sub = space.decode(child)
        vain = vain + 1 if sub in known or sub in children else 0
        if not vain:
            children[sub] = child
    return list(children.values())


def _scores(member: Evaluation) -> Scores:
    return member.candidate.predicted_ms, member.loss
