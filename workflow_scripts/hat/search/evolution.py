"""Evolutionary search for the SubTransformer with the lowest loss within a latency constraint (HAT, section 2.3)."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from hat.architecture import DesignSpace, Genes, SubTransformer
from hat.errors import InputError
from hat.search.reach import Predict, fastest

Objective = Callable[[SubTransformer], float]
Fastest = Callable[[], tuple[float, Genes]]
Origin = Literal["random", "mutation", "crossover", "parent"]

SEEDS = 3
"""Searches of each kind when evolution is compared with chance (HAT, figure 9)."""
PATIENCE = 1000
"""Draws in a row without a new architecture that fits, after which the search stops drawing in that way."""
DRAWS_AT_ONCE = 128


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The paper's settings are the defaults. InputError when they contradict each other."""

    iterations: int = 30
    population: int = 125
    parents: int = 25
    mutants: int = 50
    crossovers: int = 50
    mutation: float = 0.3
    """The probability with which a mutant redraws each gene of its parent."""
    max_evaluations: int | None = None
    """Distinct SubTransformers that it scores before it ends early; None for no limit."""

    def __post_init__(self) -> None:
        for name in ("iterations", "population", "parents", "max_evaluations"):
            if (value := getattr(self, name)) is not None and value < 1:
                raise InputError("search", f"{name} = {value}", "at least 1")
        if min(self.mutants, self.crossovers) < 0 or self.parents + self.mutants + self.crossovers != self.population:
            parts = f"{self.parents} parents + {self.mutants} mutants + {self.crossovers} crossovers"
            raise InputError("search", f"population = {self.population}, but {parts}", "their sum")
        if not 0 < self.mutation <= 1:
            raise InputError("search", f"mutation = {self.mutation}", "a probability above 0")

    @property
    def planned_evaluations(self) -> int:
        """Distinct SubTransformers that a full search scores: survivors are not scored again."""
        planned = self.population + (self.iterations - 1) * (self.mutants + self.crossovers)
        return min(planned, self.max_evaluations or planned)


def random_settings(evaluations: int) -> Settings:
    """Those with which `evolve` is a random search: one population of `evaluations` members, without offspring."""
    return Settings(iterations=1, population=evaluations, parents=evaluations, mutants=0, crossovers=0)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A gene vector whose architecture is predicted to satisfy the latency constraint."""

    genes: Genes
    sub: SubTransformer
    predicted_ms: float
    origin: Origin


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """One member of one iteration's population, with its score."""

    iteration: int
    candidate: Candidate
    loss: float


def evolve(
    space: DesignSpace,
    predict: Predict,
    objective: Objective,
    constraint_ms: float,
    settings: Settings,
    seed: int,
    fastest_of: Fastest | None = None,
) -> Iterator[Evaluation]:
    """Yield every member of every population in turn, survivors first (their origin is then "parent").

    Each iteration keeps the best `parents` of all so far and adds mutants and crossovers. No architecture is scored
    twice: a draw that decodes to a known one is drawn again (neutral genes make that happen, and small spaces). The
    sequence depends on nothing but the arguments. It ends early when no new architecture that fits is found.

    `predict` gives the latency in ms of a list of architectures, `objective` the loss of one. Where random drawing
    finds too few that fit, mutants of the fastest are drawn: `fastest_of` tells it where asking `predict` a thousand
    times is too slow. A search at random (`random_settings`) does without.
    InputError when nothing in the space satisfies the constraint; it names the fastest latency found.
    """
    draw = _Draw(space, predict, constraint_ms, random.Random(seed), settings, fastest_of)
    newcomers = draw.first_population()
    parents: list[Evaluation] = []
    scored = 0
    for iteration in range(1, settings.iterations + 1):
        population = [_survivor(parent, iteration) for parent in parents]
        yield from population
        for candidate in newcomers:
            if scored == settings.max_evaluations:
                return
            loss = objective(candidate.sub)
            if not math.isfinite(loss):
                raise InputError("search", f"the loss of {candidate.sub.key} is {loss}", "a trained SuperTransformer")
            scored += 1
            population.append(Evaluation(iteration=iteration, candidate=candidate, loss=loss))
            yield population[-1]
        parents = sorted(population, key=lambda member: member.loss)[: settings.parents]
        if iteration == settings.iterations or scored == settings.max_evaluations:
            return
        newcomers = draw.offspring([parent.candidate.genes for parent in parents])
        if not newcomers:
            return


class _Draw:
    """Draws candidates that fit the constraint and are new to this search."""

    def __init__(
        self,
        space: DesignSpace,
        predict: Predict,
        constraint_ms: float,
        rng: random.Random,
        settings: Settings,
        fastest_of: Fastest | None,
    ) -> None:
        self.space, self.predict, self.constraint_ms = space, predict, constraint_ms
        self.rng, self.settings = rng, settings
        self.known: set[SubTransformer] = set()
        self.fastest = fastest_of or (lambda: fastest(space, predict))

    def first_population(self) -> list[Candidate]:
        """Random candidates; where few architectures fit, also mutants of those found and of the fastest one."""
        found = self._take(self.settings.population, "random", lambda: self.space.sample_genes(self.rng))
        by_chance = self.settings.mutants + self.settings.crossovers == 0 and bool(found)
        if len(found) < self.settings.population and not by_chance:
            fastest_ms, fastest_genes = self.fastest()
            if not found and fastest_ms > self.constraint_ms:
                raise InputError(
                    "search",
                    f"no SubTransformer is predicted to run within {self.constraint_ms:g} ms",
                    f"at least {math.ceil(10 * fastest_ms) / 10:.1f} ms, the fastest in this design space",
                )
            stems = [fastest_genes, *(candidate.genes for candidate in found)]
            found += self._mutants(stems, self.settings.population - len(found))
        return found

    def offspring(self, parents: list[Genes]) -> list[Candidate]:
        """Mutants and crossovers of `parents`; fewer than the settings say where no more can be found.

        Where parents have become so alike that their crossovers are all known, further mutants take their place.
        """
        born = self._mutants(parents, self.settings.mutants)
        if len(parents) > 1:

            def crossover() -> Genes:
                first, second = self.rng.sample(parents, 2)
                return self.space.crossover(first, second, self.rng)

            born += self._take(self.settings.crossovers, "crossover", crossover)
        return born + self._mutants(parents, self.settings.mutants + self.settings.crossovers - len(born))

    def _mutants(self, parents: list[Genes], count: int) -> list[Candidate]:
        """`count` mutants. Where hardly any fits, ever gentler mutations are tried, down to about one gene each."""
        stems = list(parents)
        found: list[Candidate] = []
        probability = self.settings.mutation

        def mutant() -> Genes:
            return self.space.mutate(self.rng.choice(stems), probability, self.rng)

        while len(found) < count:
            born = self._take(count - len(found), "mutation", mutant)
            found += born
            stems += [candidate.genes for candidate in born]
            if probability * len(self.space.genes()) <= 1:
                break
            probability /= 2
        return found

    def _take(self, count: int, origin: Origin, draw: Callable[[], Genes]) -> list[Candidate]:
        """Up to `count` candidates among what `draw` returns; gives up after PATIENCE vain draws in a row."""
        found: list[Candidate] = []
        vain = 0
        while len(found) < count and vain < PATIENCE:
            drawn = {self.space.decode(genes): genes for genes in (draw() for _ in range(DRAWS_AT_ONCE))}
            new = [sub for sub in drawn if sub not in self.known]
            before = len(found)
            # latencies that are measured may come one by one: no more are asked for than are needed
            for sub, ms in zip(new, self.predict(new) if new else (), strict=False):
                if ms <= self.constraint_ms:
                    found.append(Candidate(genes=drawn[sub], sub=sub, predicted_ms=float(ms), origin=origin))
                    self.known.add(sub)
                if len(found) == count:
                    break
            vain = 0 if len(found) > before else vain + DRAWS_AT_ONCE
        return found


def _survivor(parent: Evaluation, iteration: int) -> Evaluation:
    return replace(parent, iteration=iteration, candidate=replace(parent.candidate, origin="parent"))
