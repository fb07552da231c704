"""The Pareto search: dominance, determinism, and what it finds of a front that is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from hat.architecture import SubTransformer
from hat.search.evolution import Candidate, Evaluation, Settings, evolve, random_settings
from hat.search.pareto import front, pareto_search, survivors
from hypothesis import given
from hypothesis import strategies as st

from tests.spaces import SMALL, TINY

POINTS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=30)


def latency_ms(sub: SubTransformer) -> float:
    return sub.decoder_layers * sub.decoder_embed_dim / 16 + sum(sub.decoder_ffn_dims) / 64


def predict(subs: Sequence[SubTransformer]) -> list[float]:
    return [latency_ms(sub) for sub in subs]


def loss(sub: SubTransformer) -> float:
    size = sum(sub.decoder_ffn_dims) + 2 * sum(sub.encoder_ffn_dims) + sub.decoder_embed_dim
    return 10 / (1 + size / 100) + 0.01 * sum(sub.decoder_attended_layers)


def member(ms: float, value: float) -> Evaluation:
    candidate = Candidate(genes=(), sub=TINY.smallest, predicted_ms=ms, origin="random")
    return Evaluation(iteration=1, candidate=candidate, loss=value)


def search(evaluations: int = 200, seed: int = 1) -> list[Evaluation]:
    return list(pareto_search(SMALL, predict, loss, population=20, evaluations=evaluations, seed=seed))


@given(POINTS)
def test_nothing_on_the_front_is_beaten_and_all_else_is(points: list[tuple[int, int]]) -> None:
    found = {(each.candidate.predicted_ms, each.loss) for each in front(member(*point) for point in points)}
    for ms, value in points:
        beaten = any(a <= ms and b <= value and (a, b) != (ms, value) for a, b in points)
        assert ((ms, value) in found) != beaten


@given(POINTS, st.integers(1, 30))
def test_survivors_come_front_by_front(points: list[tuple[int, int]], count: int) -> None:
    members = [member(*point) for point in points]
    kept = survivors(members, count)
    assert len(kept) == min(count, len(members))
    first = front(members)
    assert {id(each) for each in kept[: len(first)]} <= {id(each) for each in first}
    if len(first) > count >= 2:  # the ends of a front stand alone
        assert {id(first[0]), id(first[-1])} <= {id(each) for each in kept}


def test_each_architecture_is_scored_once_and_the_sequence_follows_from_the_seed() -> None:
    history = search()
    assert len(history) == len({each.candidate.sub for each in history}) == 200
    assert search() == history
    assert search(50) == history[:50]
    assert search(seed=2) != history
    for each in history:
        assert each.candidate.predicted_ms == latency_ms(each.candidate.sub)
        assert SMALL.decode(each.candidate.genes) == each.candidate.sub


def test_it_comes_close_to_what_searches_of_single_budgets_find_and_further_than_chance() -> None:
    settings = Settings(iterations=5, population=20, parents=4, mutants=8, crossovers=8)
    budgets = (6.0, 10.0, 14.0)
    offered = front(search(settings.planned_evaluations * len(budgets)))
    drawn = list(evolve(SMALL, predict, loss, 1e9, random_settings(settings.planned_evaluations * len(budgets)), 1))
    mine, chance = ([least(found, budget) for budget in budgets] for found in (offered, drawn))
    own = [least(evolve(SMALL, predict, loss, budget, settings, seed=1), budget) for budget in budgets]
    assert all(found <= 1.05 * searched for found, searched in zip(mine, own, strict=True))
    assert sum(mine) < sum(chance)


def least(found: Iterable[Evaluation], budget: float) -> float:
    return min(each.loss for each in found if each.candidate.predicted_ms <= budget)


def test_a_small_space_is_exhausted_and_ends_the_search() -> None:
    few = replace(SMALL, decoder_layers=(1,), encoder_ffn_dim=(64,), encoder_self_heads=(2,), encoder_embed_dim=(32,))
    history = list(pareto_search(few, predict, loss, population=10, evaluations=10**6, seed=1))
    assert len(history) == few.count_architectures()
