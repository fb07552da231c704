"""Learning a new device from few samples and from what other devices' predictors say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hat.predictor import fitting
from hat.predictor.few_samples import planned_trials, study
from hat.predictor.fitting import Known, fit
from hat.predictor.model import Predictor, build_mlp, engineered
from hat.predictor.transfer import COVERAGE, draw_population, in_terms_of, transfer

from tests.unit.latency_world import SPACE
from tests.unit.test_predictor import FEATURES, LAYERED_MS, measured

WIDER = replace(SPACE, encoder_embed_dim=(8, 32), decoder_ffn_dim=(8, 48), decoder_layers=(1, 2, 3, 4))
MAXIMA = torch.tensor(SPACE.feature_maxima(), dtype=torch.float64)
RAW = torch.tensor(FEATURES)
POPULATION = draw_population(SPACE, 0)
RNG = np.random.default_rng(0)
NOISY_MS = 3 * LAYERED_MS + 0.5 * FEATURES[:, 9] + 0.1 * RNG.normal(size=300)
"""A device like that of `LAYERED_MS`, three times as slow."""


def predictor(space: object = SPACE, slopes: np.ndarray | None = None) -> Predictor:  # type: ignore[type-arg]
    maxima = space.feature_maxima()  # type: ignore[attr-defined]
    width = engineered(RAW[:1], torch.tensor(maxima, dtype=torch.float64)).shape[1]
    weights = torch.tensor(RNG.normal(size=1 + width) if slopes is None else slopes)
    return Predictor(maxima, build_mlp([10, 1]), 1.0, weights, "ridge")


def similar(factor: float) -> Predictor:
    """Of a device whose latency is that of `LAYERED_MS` times a factor."""
    x = engineered(RAW, MAXIMA).numpy()
    return predictor(slopes=np.linalg.lstsq(np.c_[np.ones(300), x], factor * LAYERED_MS, rcond=None)[0])


def missed(found: torch.Tensor) -> float:
    predicted = float(found[0]) + engineered(RAW, MAXIMA).numpy() @ found[1:].numpy()
    return float(np.sqrt(np.mean((predicted - NOISY_MS) ** 2)))


def test_a_source_of_another_space_predicts_the_same_in_terms_of_this_one() -> None:
    source = predictor(WIDER)
    weights = in_terms_of(source, MAXIMA)
    assert (weights[0] + engineered(RAW, MAXIMA) @ weights[1:]).numpy() == pytest.approx(source.predict(RAW).numpy())
    shallow = predictor()
    wider = torch.tensor(WIDER.feature_maxima(), dtype=torch.float64)
    again = in_terms_of(shallow, wider)
    assert (again[0] + engineered(RAW, wider) @ again[1:]).numpy() == pytest.approx(shallow.predict(RAW).numpy())


def test_few_samples_and_a_similar_device_predict_better_than_few_samples_alone() -> None:
    few = slice(0, 8)
    alone = transfer(RAW[few], NOISY_MS[few], MAXIMA, [], POPULATION)
    helped = transfer(RAW[few], NOISY_MS[few], MAXIMA, [similar(1.0), similar(1.5)], POPULATION)
    assert missed(helped.coefficients) < 0.25 * missed(alone.coefficients)
    assert missed(helped.coefficients) < 0.05 * NOISY_MS.std()


def test_many_samples_outweigh_a_device_that_is_quite_another() -> None:
    strange = predictor(slopes=RNG.normal(size=1 + engineered(RAW[:1], MAXIMA).shape[1]) * 100)
    alone = transfer(RAW[:150], NOISY_MS[:150], MAXIMA, [], POPULATION)
    misled = transfer(RAW[:150], NOISY_MS[:150], MAXIMA, [strange], POPULATION)
    assert missed(misled.coefficients) < 1.1 * missed(alone.coefficients) < 0.2


def test_the_interval_holds_as_many_as_it_says() -> None:
    held = []
    for draw in range(30):
        rows = np.random.RandomState(draw).permutation(300)
        found = transfer(RAW[rows[:20]], NOISY_MS[rows[:20]], MAXIMA, [similar(1.0)], POPULATION)
        x = engineered(RAW[rows[20:]], MAXIMA).numpy()
        predicted = float(found.coefficients[0]) + x @ found.coefficients[1:].numpy()
        held.append((np.abs(predicted - NOISY_MS[rows[20:]]) <= found.half_width_ms).mean())
    assert np.mean(held) == pytest.approx(COVERAGE, abs=0.05)


def test_scale_and_place_of_latencies_do_not_matter() -> None:
    found = transfer(RAW[:20], NOISY_MS[:20], MAXIMA, [similar(1.0)], POPULATION)
    scaled = transfer(RAW[:20], 1000 * NOISY_MS[:20] + 7, MAXIMA, [similar(0.1)], POPULATION)
    assert scaled.coefficients[1:].numpy() == pytest.approx(1000 * found.coefficients[1:].numpy(), rel=1e-4, abs=1e-4)
    assert scaled.half_width_ms == pytest.approx(1000 * found.half_width_ms, rel=1e-6)


def test_equal_latencies_are_learned_and_two_samples_refused() -> None:
    found = transfer(RAW[:5], np.full(5, 4.0), MAXIMA, [similar(1.0)], POPULATION)
    assert found.coefficients[0] == pytest.approx(4.0)
    assert found.half_width_ms == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(ValueError, match="2 samples, at least 3"):
        transfer(RAW[:2], NOISY_MS[:2], MAXIMA, [], POPULATION)


def test_a_predictor_with_sources_chooses_among_three_models(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "STEPS", 20)
    data = measured(FEATURES, NOISY_MS)[:20]
    found = fit(data, SPACE.feature_maxima(), 1, known=Known([similar(1.0)], POPULATION))
    assert list(found.report["models"]) == ["mlp", "ridge", "transfer"]
    assert found.report["chosen"] == "transfer"
    assert set(found.test) == {"measured_ms", "predicted_ms", "mlp_ms", "ridge_ms", "transfer_ms"}
    found.predictor.save(f"{tmp_path}/predictor.pt")
    loaded = Predictor.load(f"{tmp_path}/predictor.pt")
    assert loaded.models == ("mlp", "ridge", "transfer")
    assert torch.equal(loaded.predict(RAW), found.predictor.predict(RAW, "transfer"))
    assert torch.equal(loaded.coefficients, found.predictor.coefficients)
    with pytest.raises(ValueError, match="no model 'transfer'"):
        similar(1.0).predict(RAW, "transfer")


def test_the_study_compares_few_samples_with_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "STEPS", 20)
    data = measured(FEATURES, NOISY_MS)
    sources = {"same task": [similar(1.0)], "all tasks": [similar(1.0), predictor(WIDER)]}
    whole, *few = study(data, SPACE, sources, seed=0, draws=2)
    assert len(few) + 1 == planned_trials(300, 2, 2)
    assert (whole.selection, whole.samples, whole.half_width_ms) == ("all", 225, None)
    assert {(each.sources, each.selection, each.samples, each.draw) for each in few} == {
        (name, selection, samples, draw)
        for name in ("none", *sources)
        for selection in ("random", "chosen")
        for samples in (5, 10, 20, 50, 100)
        for draw in (0, 1)
    }
    assert all(each.mean_ms == whole.mean_ms for each in few)

    def typical(name: str, samples: int) -> float:
        return float(np.median([each.rmse_ms for each in few if (each.sources, each.samples) == (name, samples)]))

    assert typical("same task", 10) < 0.5 * typical("none", 10)
    assert typical("none", 100) < 2 * whole.rmse_ms
    assert few == list(study(data, SPACE, sources, seed=0, draws=2))[1:]
