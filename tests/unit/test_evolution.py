"""The evolutionary search on a recorded toy objective: no model, no predictor, seconds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hat.architecture import DesignSpace, SubTransformer
from hat.errors import InputError
from hat.search import evolution
from hat.search.evolution import Evaluation, Settings, evolve
from hat.search.tables import ranked
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.spaces import SMALL as SPACE
from tests.spaces import WMT

TINY = DesignSpace(
    encoder_embed_dim=(32,),
    encoder_layers=(1,),
    encoder_ffn_dim=(64,),
    encoder_self_heads=(2,),
    decoder_embed_dim=(32,),
    decoder_layers=(1, 2),
    decoder_ffn_dim=(64, 128),
    decoder_self_heads=(2,),
    decoder_cross_heads=(2,),
    decoder_attended_layers=(1,),
    qkv_dim=32,
)
SMALL = Settings(iterations=4, population=20, parents=4, mutants=8, crossovers=8)


def latency_ms(sub: SubTransformer) -> float:
    return (
        2 * sub.decoder_layers
        + sub.decoder_embed_dim / 64
        + sub.encoder_embed_dim / 640
        + sum(sub.decoder_ffn_dims) / 1280
        + sum(sub.encoder_ffn_dims) / 12800
        + sum(sub.decoder_attended_layers) / 100
    )


def predict(subs: Sequence[SubTransformer]) -> list[float]:
    assert isinstance(subs, list), "the predictor is asked for lists"
    return [latency_ms(sub) for sub in subs]


def loss(sub: SubTransformer) -> float:
    capacity = sum(sub.decoder_ffn_dims) + sum(sub.encoder_ffn_dims) + 4 * sub.decoder_embed_dim
    return 1000 / (capacity + 10 * sum(sub.decoder_self_heads) + 7 * sum(sub.decoder_attended_layers))


def search(
    constraint_ms: float = 6.5, settings: Settings = SMALL, seed: int = 1, space: DesignSpace = SPACE
) -> list[Evaluation]:
    return list(evolve(space, predict, loss, constraint_ms, settings, seed))


def test_a_search_that_was_looked_at_stays_as_it_was() -> None:
    history = search()
    best = [min(member.loss for member in history if member.iteration == iteration) for iteration in range(1, 5)]
    assert best == pytest.approx([1.349528, 1.242236, 1.150748, 1.141553], abs=1e-6)
    winner = ranked(history)[0]
    assert winner.predicted_ms == pytest.approx(5.31)
    assert winner.sub.to_row() == {
        "encoder_embed_dim": "32",
        "encoder_ffn_dims": "128;128",
        "encoder_self_heads": "2;2",
        "decoder_embed_dim": "64",
        "decoder_ffn_dims": "128;128",
        "decoder_self_heads": "4;4",
        "decoder_cross_heads": "2;4",
        "decoder_attended_layers": "2;2",
        "qkv_dim": "32",
        "position_dim": "64",
    }


def test_it_finds_what_exhaustion_finds() -> None:
    everything = {TINY.decode(genes) for genes in _all_genes(TINY)}
    assert len(everything) == TINY.count_architectures() == 6
    fitting = {sub for sub in everything if latency_ms(sub) <= 4.81}
    found = search(4.81, SMALL, space=TINY)
    assert {member.candidate.sub for member in found} == fitting
    assert ranked(found)[0].loss == min(map(loss, fitting))


def test_populations_have_the_paper_s_composition() -> None:
    history = search()
    for iteration in range(1, SMALL.iterations + 1):
        origins = [member.candidate.origin for member in history if member.iteration == iteration]
        expected = ["random"] * 20 if iteration == 1 else ["parent"] * 4 + ["mutation"] * 8 + ["crossover"] * 8
        assert origins == expected


def test_parents_are_the_best_so_far_and_the_best_never_gets_worse() -> None:
    history = search()
    for iteration in range(2, SMALL.iterations + 1):
        before = sorted(member.loss for member in history if member.iteration == iteration - 1)
        here = [member for member in history if member.iteration == iteration]
        assert [member.loss for member in here if member.candidate.origin == "parent"] == before[: SMALL.parents]
    best = [min(m.loss for m in history if m.iteration == i) for i in range(1, SMALL.iterations + 1)]
    assert all(later <= earlier for earlier, later in pairwise(best))
    assert best[-1] < best[0]


def test_children_come_from_the_parents() -> None:
    history = search(100.0, Settings(iterations=2, population=6, parents=2, mutants=2, crossovers=2, mutation=0.1))
    parents = [member.candidate.genes for member in history if member.candidate.origin == "parent"]
    for member in history:
        genes = member.candidate.genes
        if member.candidate.origin == "crossover":
            assert all(gene in pair for gene, *pair in zip(genes, *parents, strict=True))
        if member.candidate.origin == "mutation":
            changed = min(sum(a != b for a, b in zip(genes, parent, strict=True)) for parent in parents)
            assert changed < len(genes) / 2


@hypothesis_settings(max_examples=25)
@given(seed=st.integers(0, 10**9), constraint_ms=st.floats(2.8, 12))
def test_no_candidate_breaks_the_constraint_or_leaves_the_space_and_none_is_scored_twice(
    seed: int, constraint_ms: float
) -> None:
    asked: list[SubTransformer] = []

    def counted(sub: SubTransformer) -> float:
        asked.append(sub)
        return loss(sub)

    history = list(evolve(SPACE, predict, counted, constraint_ms, SMALL, seed))
    assert history
    assert all(latency_ms(member.candidate.sub) <= constraint_ms for member in history)
    assert all(member.candidate.predicted_ms == latency_ms(member.candidate.sub) for member in history)
    assert all(member.candidate.sub in SPACE for member in history)
    assert all(SPACE.decode(member.candidate.genes) == member.candidate.sub for member in history)
    assert len(asked) == len(set(asked))
    assert {m.candidate.sub for m in history if m.candidate.origin != "parent"} == set(asked)


def test_the_same_seed_gives_the_same_search_and_another_seed_another() -> None:
    assert search(seed=3) == search(seed=3)
    assert search(seed=3) != search(seed=4)


def test_evaluations_are_capped_and_a_capped_search_is_the_beginning_of_the_whole_one() -> None:
    whole = search()
    for cap in (1, 7, 20, 21, 50):
        capped = search(settings=Settings(**{**vars(SMALL), "max_evaluations": cap}))
        new = [member for member in capped if member.candidate.origin != "parent"]
        assert len(new) == cap
        assert capped == whole[: len(capped)]


def test_a_full_search_scores_exactly_what_it_plans() -> None:
    assert len([m for m in search(100.0) if m.candidate.origin != "parent"]) == SMALL.planned_evaluations == 68
    assert Settings().planned_evaluations == 125 + 29 * 100
    assert Settings(max_evaluations=400).planned_evaluations == 400


def test_an_unreachable_budget_names_the_fastest_reachable_latency() -> None:
    fastest_ms = min(latency_ms(SPACE.decode(genes)) for genes in _all_genes(SPACE, deepest_only=True))
    with pytest.raises(InputError) as caught:
        search(1.0)
    assert str(caught.value) == (
        "search: no SubTransformer is predicted to run within 1 ms; "
        "legal: at least 2.7 ms, the fastest in this design space"
    )
    assert 2.6 < fastest_ms <= 2.7
    with pytest.raises(InputError):
        search(fastest_ms - 1e-9)
    assert search(2.7), "the latency that the message names is reachable"


def test_a_rare_but_reachable_region_is_found_from_the_fastest_architecture() -> None:
    def total(subs: Sequence[SubTransformer]) -> list[float]:
        return [float(sum(sub.encoder_ffn_dims) + sub.decoder_layers * 10_000) for sub in subs]

    constraint = 10_000 + 6 * 1024  # one decoder layer, six narrowest encoder FFNs: one draw in 4,374
    settings = Settings(iterations=3, population=40, parents=8, mutants=16, crossovers=16)
    history = list(evolve(WMT, total, lambda sub: -float(sub.encoder_ffn_dims[0]), constraint, settings, 5))
    assert all(total([member.candidate.sub])[0] <= constraint for member in history)
    assert [member.iteration for member in history].count(3) == settings.population
    assert len({member.candidate.sub for member in history}) == settings.planned_evaluations


def test_a_handful_of_reachable_architectures_is_searched_by_gentle_mutation() -> None:
    """Only one deep, narrow architecture and what differs from it in one place fit: 58 of 4e14."""

    def places(subs: Sequence[SubTransformer]) -> list[float]:
        return [
            (sub.encoder_embed_dim != 512)
            + (sub.decoder_embed_dim != 512)
            + sum(ffn != 1024 for ffn in sub.encoder_ffn_dims + sub.decoder_ffn_dims)
            + sum(heads != 4 for heads in sub.encoder_self_heads + sub.decoder_self_heads + sub.decoder_cross_heads)
            + sum(attended != 1 for attended in sub.decoder_attended_layers)
            + 6.0
            - sub.decoder_layers
            for sub in subs
        ]

    settings = Settings(iterations=5, population=10, parents=2, mutants=8, crossovers=0)
    history = list(evolve(WMT, places, lambda sub: -float(sub.decoder_layers), 1.0, settings, 1))
    found = {member.candidate.sub for member in history}
    assert all(places([sub])[0] <= 1 for sub in found)
    assert {places([sub])[0] for sub in found} == {0, 1}
    assert len(found) == settings.planned_evaluations == 42


def test_an_exhausted_space_ends_the_search_early() -> None:
    history = search(100.0, Settings(iterations=1000, population=20, parents=4, mutants=8, crossovers=8), space=TINY)
    assert len({member.candidate.sub for member in history}) == TINY.count_architectures()
    assert history[-1].iteration < 10


def test_a_small_mutation_probability_still_makes_mutants() -> None:
    settings = Settings(iterations=2, population=6, parents=2, mutants=4, crossovers=0, mutation=0.01)
    origins = [member.candidate.origin for member in search(100.0, settings) if member.iteration == 2]
    assert origins == ["parent"] * 2 + ["mutation"] * 4


def test_where_crossovers_can_give_nothing_new_mutants_take_their_place() -> None:
    settings = Settings(iterations=2, population=5, parents=1, mutants=1, crossovers=3)
    assert [m.candidate.origin for m in search(100.0, settings) if m.iteration == 2] == ["parent"] + ["mutation"] * 4

    def only_one_gene_matters(sub: SubTransformer) -> float:
        return float(sub.decoder_embed_dim + sub.decoder_layers)

    history = list(evolve(SPACE, predict, only_one_gene_matters, 100.0, SMALL, 1))
    assert len({member.candidate.sub for member in history}) == SMALL.planned_evaluations


def test_a_predictor_that_refuses_everything_does_not_loop_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evolution, "PATIENCE", 100)
    with pytest.raises(InputError, match=r"within 5 ms; legal: at least 7\.0 ms"):
        list(evolve(SPACE, lambda subs: [7.0] * len(subs), loss, 5.0, SMALL, 1))


def test_a_loss_that_is_no_number_is_refused() -> None:
    with pytest.raises(InputError, match="is nan; legal: a trained SuperTransformer"):
        list(evolve(SPACE, predict, lambda sub: float("nan"), 100.0, SMALL, 1))


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"population": 1}, "search: population = 1, but 25 parents + 50 mutants + 50 crossovers; legal: their sum"),
        ({"iterations": 0}, "search: iterations = 0; legal: at least 1"),
        ({"parents": 0, "mutants": 75}, "search: parents = 0; legal: at least 1"),
        ({"max_evaluations": 0}, "search: max_evaluations = 0; legal: at least 1"),
        (
            {"mutants": -1, "parents": 76},
            "search: population = 125, but 76 parents + -1 mutants + 50 crossovers; legal: their sum",
        ),
        ({"mutation": 1.5}, "search: mutation = 1.5; legal: a probability above 0"),
        ({"mutation": 0.0}, "search: mutation = 0.0; legal: a probability above 0"),
    ],
)
def test_settings_that_contradict_each_other(wrong: dict[str, float], line: str) -> None:
    with pytest.raises(InputError) as caught:
        Settings(**wrong)  # type: ignore[arg-type]
    assert str(caught.value) == line


def test_candidates_are_distinct_sorted_and_the_faster_of_equals_comes_first() -> None:
    history = list(evolve(SPACE, predict, lambda sub: float(sub.decoder_layers), 100.0, SMALL, 1))
    candidates = ranked(history)
    assert {candidate.sub for candidate in candidates} == {member.candidate.sub for member in history}
    assert len(candidates) == SMALL.planned_evaluations
    assert [candidate.rank for candidate in candidates] == list(range(1, len(candidates) + 1))
    assert candidates == sorted(candidates, key=lambda candidate: (candidate.loss, candidate.predicted_ms))


def _all_genes(space: DesignSpace, deepest_only: bool = False) -> list[tuple[int, ...]]:
    vectors: list[tuple[int, ...]] = [()]
    for choices in space.genes():
        vectors = [(*vector, value) for vector in vectors for value in (choices[:1] if deepest_only else choices)]
    return vectors
