"""Shortlists: learned from translations, and decoded with."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hat.translator.beam import EOS, Hypothesis, search
from hat.translator.shortlist import Shortlist, learn

from tests.unit.test_graphs import RUNTIMES, engine_of
from tests.unit.test_translator import LONGEST, sharpened
from tests.unit.transformer_world import PAD, SPACES, VOCABULARY


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("space", SPACES)
def test_a_shortlist_leaves_the_words_that_it_has_as_they_are(space: str, runtime: str) -> None:
    model = sharpened(space, 1)
    engine = engine_of(model, runtime)
    sources = [np.array([7, 8, 9, EOS]), np.array([11, 5, EOS])]
    options: dict[str, Any] = {"source_room": 8, "beam": 4, "length_penalty": 1.0, "longest": LONGEST}

    def found(*shortlists: Any) -> list[list[Hypothesis]]:
        return search(engine, [engine.encode(source) for source in sources], shortlists=shortlists or None, **options)

    free = found()
    every = np.arange(VOCABULARY)
    for hypotheses, same in zip(free, found(every, every), strict=True):
        assert [hypothesis.tokens for hypothesis in same] == [hypothesis.tokens for hypothesis in hypotheses]
        scores = [[hypothesis.score for hypothesis in some] for some in (same, hypotheses)]
        np.testing.assert_allclose(*scores, atol=1e-4)
    few = np.array([0, 1, 2, 3, *range(10, 20)])
    first, second = found(few, every)
    assert {token for hypothesis in first for token in hypothesis.tokens} <= set(few.tolist())
    assert [hypothesis.tokens for hypothesis in second] == [hypothesis.tokens for hypothesis in free[1]]


def test_shortlists_are_learned_from_translations() -> None:
    words = [f"s{number}" for number in range(80)]
    rng = random.Random(1)
    pairs = []
    for _ in range(400):
        chosen = rng.sample(words, 6)
        translated = [f"t{word[1:]}" for word in chosen]
        rng.shuffle(translated)
        pairs.append((" ".join(chosen), " ".join(["and", *translated])))
    target = ["and", "never", *(f"t{number}" for number in range(80))]
    shortlist = learn(pairs, words, target)
    for number in range(80):
        assert target[shortlist.translations[4 + number, 0] - 4] == f"t{number}"
    assert shortlist.frequent[:5].tolist() == [0, 1, 2, 3, 4]
    assert 5 not in shortlist.frequent
    assert len(shortlist.frequent) == 4 + len(target) - 1
    narrow = Shortlist(np.arange(5), shortlist.translations[:, :1])
    assert narrow.words(np.array([4, 9, 9, EOS])).tolist() == [0, 1, 2, 3, 4, 6, 11]


def test_of_a_large_text_pairs_are_taken_from_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hat.translator.shortlist.LINKS", 100)
    pairs = [(f"s{number} x", f"t{number}") for number in range(1000)]
    symbols = [[f"{side}{number}" for number in range(1000)] for side in "st"]
    learned = learn(pairs, *symbols)
    known = np.flatnonzero(learned.translations[4:, 0] != PAD)
    assert 25 < len(known) <= 50
    assert known.min() == 0
    assert known.max() > 950
    assert len(set(np.diff(known))) == 1
