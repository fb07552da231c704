from __future__ import annotations

import random

import numpy as np
import pytest
from hat.errors import InputError
from hat.latency.choosing import CHOSEN, choose_samples, informative
from hat.latency.samples import draw_samples

from tests.unit.latency_world import SPACE
from tests.unit.test_samples import TINY

FEATURES = np.array([SPACE.sample(random.Random(seed)).features() for seed in range(400)], dtype=float)


def test_chosen_samples_are_distinct_and_the_first_ones_stay() -> None:
    many = choose_samples(SPACE, 1, 300)
    assert len(set(many)) == len(many) == 300
    assert all(sub in SPACE for sub in many)
    for count in (3, CHOSEN, 100):
        assert choose_samples(SPACE, 1, count) == many[:count]
    drawn = draw_samples(SPACE, 1, 300)
    assert [sub for sub in drawn if sub in many[CHOSEN:]] == many[CHOSEN:]


def test_a_space_is_exhausted_and_no_more() -> None:
    assert len(choose_samples(TINY, 1, 2)) == 2
    with pytest.raises(InputError, match="at most 2 of its 2 architectures"):
        choose_samples(TINY, 1, 3)


def test_what_tells_nothing_new_comes_last() -> None:
    twins = np.concatenate([FEATURES[:5], FEATURES[:5]])
    order = informative(twins, 10)
    assert sorted(order) == list(range(10))
    assert sorted(row % 5 for row in order[:5]) == list(range(5))
    assert informative(FEATURES, 20) == informative(FEATURES, 30)[:20]


def test_chosen_rows_determine_a_linear_model_better_than_random_ones() -> None:
    def volume(rows: list[int]) -> float:
        x = np.column_stack([np.ones(len(rows)), (FEATURES - FEATURES.mean(axis=0))[rows] / FEATURES.std(axis=0)])
        return float(np.linalg.slogdet(x.T @ x).logabsdet)

    random_rows = [volume(random.Random(seed).sample(range(400), 20)) for seed in range(50)]
    assert volume(informative(FEATURES, 20)) > max(random_rows)
