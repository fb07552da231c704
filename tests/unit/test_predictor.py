from __future__ import annotations

import pickle
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import predict_latency
import pytest
import torch
from hat.architecture import FEATURE_NAMES
from hat.errors import InputError
from hat.files import write_json
from hat.predictor import fitting
from hat.predictor.fitting import Fit, Split, fit
from hat.predictor.model import LEARNED_ALONE, Predictor, build_mlp, engineered

from tests.unit.latency_world import SPACE

SCRIPTS = Path(fitting.__file__).parents[2]
SUBS = [SPACE.sample(random.Random(seed)) for seed in range(300)]
FEATURES = np.array([sub.features() for sub in SUBS])
LAYERED_MS = 3 + 2 * FEATURES[:, 5] + 0.1 * FEATURES[:, 5] * FEATURES[:, 6] + 0.05 * FEATURES[:, 1] * FEATURES[:, 2]


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "STEPS", 60)


def fitted(latency_ms: np.ndarray[Any, Any] = LAYERED_MS, seed: int = 1) -> Fit:
    return fit(measured(FEATURES, latency_ms), SPACE.feature_maxima(), seed)


def measured(features: np.ndarray[Any, Any], latency_ms: np.ndarray[Any, Any]) -> pd.DataFrame:
    return pd.DataFrame(features, columns=FEATURE_NAMES).assign(latency_ms=latency_ms)


def test_latency_that_is_a_sum_over_layers_is_learnt_by_ridge() -> None:
    found = fitted()
    assert found.report["chosen"] == "ridge"
    errors = found.report["models"]["ridge"]["test"]
    assert errors["rmse_ms"] < 0.01
    assert errors["mape"] < 0.001
    assert errors["kendall_tau"] > 0.95
    assert found.predictor.predict_ms(SUBS) == pytest.approx(LAYERED_MS.tolist(), abs=0.05)


def test_latency_that_is_no_such_sum_is_learnt_by_the_mlp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "STEPS", 300)
    steps = np.where((FEATURES[:, 0] > 8) ^ (FEATURES[:, 4] > 8), 30.0, 10.0)
    found = fitted(steps)
    assert found.report["chosen"] == "mlp"
    assert found.report["models"]["mlp"]["test"]["rmse_ms"] < 2 < found.report["models"]["ridge"]["test"]["rmse_ms"]


def test_reported_errors_are_those_of_the_test_split() -> None:
    found = fitted(LAYERED_MS + np.random.default_rng(0).normal(size=300))
    measured_ms = found.test["measured_ms"]
    test_rows = Split.draw(300, 1).test
    assert measured_ms.tolist() == (LAYERED_MS + np.random.default_rng(0).normal(size=300))[test_rows].tolist()
    assert found.test["predicted_ms"].tolist() == found.test[f"{found.report['chosen']}_ms"].tolist()
    for model in LEARNED_ALONE:
        missed = found.test[f"{model}_ms"] - measured_ms
        errors = found.report["models"][model]["test"]
        assert errors["rmse_ms"] == pytest.approx(np.sqrt((missed**2).mean()))
        assert errors["mape"] == pytest.approx((abs(missed) / measured_ms).mean())


def test_a_tenth_of_the_rows_is_for_testing_and_each_other_row_validates_once() -> None:
    split = Split.draw(205, 3)
    assert (len(split.learn), len(split.test)) == (185, 20)
    assert sorted([*split.learn, *split.test]) == list(range(205))
    assert Split.draw(205, 4).test.tolist() != split.test.tolist()
    folds = split.folds()
    assert [len(left_out) for _, left_out in folds] == [37] * 5
    assert sorted(np.concatenate([left_out for _, left_out in folds])) == sorted(split.learn)
    for rows, left_out in folds:
        assert sorted([*rows, *left_out]) == sorted(split.learn)


def test_the_model_is_chosen_by_its_errors_on_rows_that_it_did_not_learn_from() -> None:
    noisy = LAYERED_MS + np.random.default_rng(0).normal(size=300)
    found, split = fitted(noisy), Split.draw(300, 1)
    told = {model: found.report["models"][model]["validation"]["rmse_ms"] for model in LEARNED_ALONE}
    assert found.report["chosen"] == min(told, key=lambda model: told[model])
    missed: dict[str, list[float]] = {model: [] for model in LEARNED_ALONE}
    for rows, left_out in split.folds():
        partial = fitting.fit_models(measured(FEATURES, noisy), SPACE.feature_maxima(), rows, 1)
        for model in LEARNED_ALONE:
            predicted = partial.predict(torch.tensor(FEATURES[left_out]), model).numpy()
            missed[model] += [*np.abs(predicted - noisy[left_out])]
    for model, each in missed.items():
        assert told[model] == pytest.approx(np.sqrt(np.mean(np.square(each))))
        interval = found.report["models"][model]["interval"]
        assert interval["half_width_ms"] == pytest.approx(sorted(each)[244 - 1])  # 90% of 271, rounded up
        test_missed = np.abs(found.test[f"{model}_ms"] - found.test["measured_ms"])
        assert interval["test_coverage"] == (test_missed <= interval["half_width_ms"]).mean()


def test_a_test_row_changes_neither_the_predictor_nor_the_choice() -> None:
    spoilt = LAYERED_MS.copy()
    spoilt[Split.draw(300, 1).test] *= 3
    clean, other = fitted(), fitted(spoilt)
    assert torch.equal(clean.predictor.ridge, other.predictor.ridge)
    assert all(map(torch.equal, clean.predictor.mlp.parameters(), other.predictor.mlp.parameters()))
    for model in LEARNED_ALONE:
        both = [found.report["models"][model] for found in (clean, other)]
        assert both[0]["validation"] == both[1]["validation"]
        assert both[0]["test"] != both[1]["test"]


def test_an_interval_holds_as_many_new_errors_as_it_says() -> None:
    rng = np.random.default_rng(0)
    held = [fitting.conformal(np.abs(rng.normal(size=39)), 0.9) >= abs(rng.normal()) for _ in range(4000)]
    assert np.mean(held) == pytest.approx(0.9, abs=0.02)
    assert fitting.conformal(np.array([3.0, 1.0, 2.0]), 0.9) == 3.0


def test_fitting_is_deterministic_in_the_seed() -> None:
    noisy = LAYERED_MS + np.random.default_rng(0).normal(size=300)
    torch.rand(3)
    first, second, other = fitted(noisy), fitted(noisy), fitted(noisy, seed=2)
    assert first.report == second.report != other.report
    pd.testing.assert_frame_equal(first.test, second.test, check_exact=True)


def closed_form(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], alpha: float) -> np.ndarray[Any, Any]:
    """Intercept and slopes: the mean squared error plus `alpha` times the squared slopes of standardised columns."""
    deviation = x.std(axis=0)
    deviation[deviation == 0] = 1
    z = (x - x.mean(axis=0)) / deviation
    slopes = np.linalg.solve(z.T @ z / len(z) + alpha * np.eye(z.shape[1]), z.T @ (y - y.mean()) / len(z)) / deviation
    return np.array([y.mean() - x.mean(axis=0) @ slopes, *slopes])


@pytest.mark.parametrize(("noise_ms", "penalty"), [(0.01, 1e-6), (3, 0.1), (30, 10.0)])
def test_ridge_has_the_penalty_that_misses_least_of_rows_left_out_in_turn(noise_ms: float, penalty: float) -> None:
    y = LAYERED_MS + noise_ms * np.random.default_rng(0).normal(size=300)
    predictor, learn = fitted(y).predictor, Split.draw(300, 1).learn
    x = engineered(torch.tensor(FEATURES), predictor.maxima).numpy()
    z = (x[learn] - x[learn].mean(axis=0)) / x[learn].std(axis=0)
    missed = {}
    for alpha in fitting.RIDGE_ALPHAS:
        hat = z @ np.linalg.solve(z.T @ z + alpha * len(z) * np.eye(z.shape[1]), z.T) + 1 / len(z)
        missed[alpha] = (((y[learn] - hat @ y[learn]) / (1 - np.diag(hat))) ** 2).mean()
    assert min(missed, key=lambda alpha: missed[alpha]) == penalty
    solved = {alpha: closed_form(x[learn], y[learn], alpha) for alpha in fitting.RIDGE_ALPHAS}
    equal = [alpha for alpha in solved if np.allclose(predictor.ridge, solved[alpha], rtol=1e-6, atol=1e-6)]
    assert equal == [penalty]


def test_a_feature_that_never_varies_has_no_weight() -> None:
    constant = FEATURES.copy()
    constant[:, 7] = 2.0
    predictor = fit(measured(constant, LAYERED_MS), SPACE.feature_maxima(), 1).predictor
    assert float(predictor.ridge[1 + 7]) == pytest.approx(0, abs=1e-6)
    assert torch.isfinite(predictor.ridge).all()


def test_the_papers_mlp() -> None:
    mlp = build_mlp([10, 400, 400, 1])
    assert [type(layer).__name__ for layer in mlp] == ["Linear", "ReLU", "Linear", "ReLU", "Linear"]
    found = fitted().predictor.mlp
    assert [tuple(weight.shape) for weight in found.parameters()] == [
        (400, 10),
        (400,),
        (400, 400),
        (400,),
        (1, 400),
        (1,),
    ]


def test_engineered_features() -> None:
    maxima = torch.tensor([10.0, 2, 10, 10, 10, 3, 10, 10, 10, 2], dtype=torch.float64)
    features = torch.tensor([[5.0, 1, 2, 1, 10, 3, 4, 2, 5, 1]], dtype=torch.float64)
    (row,) = engineered(features, maxima).tolist()
    assert row[:10] == pytest.approx([0.5, 0.5, 0.2, 0.1, 1, 1, 0.4, 0.2, 0.5, 0.5])
    assert row[10:13] == [0, 0, 1]
    assert row[13:17] == pytest.approx([0.25, 0.1, 0.05, 0.05])
    assert row[17:] == pytest.approx([1, 0.4, 0.2, 0.5, 0.5, 0.4, 0.25])


def test_a_stored_predictor_predicts_the_same(tmp_path: Path) -> None:
    predictor = fitted().predictor
    predictor.save(tmp_path / "predictor.pt")
    loaded = Predictor.load(tmp_path / "predictor.pt")
    raw = torch.tensor(FEATURES)
    assert loaded.predict_ms(SUBS) == predictor.predict_ms(SUBS)
    for model in LEARNED_ALONE:
        assert torch.equal(loaded.predict(raw, model), predictor.predict(raw, model))
    assert loaded.predict_ms([]) == []


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("evil"),))


def record(**changes: Any) -> dict[str, Any]:
    zeros = [torch.zeros(2, 10), torch.zeros(2), torch.zeros(1, 2), torch.zeros(1)]
    good = {
        "format": "hat latency predictor 1",
        "features": list(fitting.FEATURE_NAMES),
        "maxima": torch.tensor(SPACE.feature_maxima(), dtype=torch.float64),
        "mlp": zeros,
        "scale_ms": 1.0,
        "ridge": torch.zeros(1 + 10 + 3 + 11),
        "chosen": "mlp",
    }
    return good | changes


def test_the_record_that_the_corrupt_ones_differ_from_is_legal(tmp_path: Path) -> None:
    torch.save(record(), tmp_path / "predictor.pt")
    assert Predictor.load(tmp_path / "predictor.pt").predict_ms(SUBS[:2]) == [0.0, 0.0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "other"},
        {"features": ["depth"]},
        {"chosen": "oracle"},
        {"chosen": "transfer"},
        {"transfer": torch.zeros(3)},
        {"mlp": []},
        {"mlp": [torch.zeros(2, 10), torch.zeros(3), torch.zeros(1, 2), torch.zeros(1)]},
        {"ridge": torch.zeros(3)},
        {"ridge": torch.full((25,), float("nan"))},
        {"scale_ms": float("inf")},
    ],
)
def test_a_predictor_with_wrong_parts_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    torch.save(record(**wrong), tmp_path / "predictor.pt")
    with pytest.raises(InputError, match=r"predictor\.pt: corrupt .*; legal: a latency predictor"):
        Predictor.load(tmp_path / "predictor.pt")


def test_a_broken_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "predictor.pt"
    torch.save(record(), path)
    whole = path.read_bytes()
    for content in (b"", b"not a predictor", whole[: len(whole) // 2], pickle.dumps(Evil(), protocol=2)):
        path.write_bytes(content)
        with pytest.raises(InputError, match="corrupt"):
            Predictor.load(path)
    path.unlink()
    with pytest.raises(InputError, match="No such file"):
        Predictor.load(path)
    assert not (tmp_path / "evil").exists()


def test_too_few_samples_are_refused() -> None:
    fit(measured(FEATURES[:10], LAYERED_MS[:10]), SPACE.feature_maxima(), 1)
    with pytest.raises(InputError, match="9 are too few to fit a predictor; legal: at least 10"):
        fit(measured(FEATURES[:9], LAYERED_MS[:9]), SPACE.feature_maxima(), 1)


def test_predicting_needs_torch_alone(tmp_path: Path) -> None:
    predictor = fitted().predictor
    predictor.save(tmp_path / "predictor.pt")
    code = (
        "import sys, hat.latency.protocol, hat.engines.torch_eager, hat.search.evolution, hat.search.reach\n"
        "from hat.predictor.model import Predictor\n"
        "predictor = Predictor.load(sys.argv[1])\n"
        "print(float(predictor.predict(predictor.maxima[None])[0]))\n"
        "sys.exit(bool({'scipy', 'sklearn', 'pandas', 'fairseq', 'snakemake'} & set(sys.modules)))"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "predictor.pt")]
    said = subprocess.run(words, check=True, cwd=SCRIPTS, stdout=subprocess.PIPE, text=True).stdout
    assert float(said) == pytest.approx(float(predictor.predict(predictor.maxima[None])[0]))


def test_latencies_of_models_are_predicted_for_a_device_that_is_not_at_hand(tmp_path: Path) -> None:
    found = fitted()
    found.predictor.save(tmp_path / "predictor.pt")
    write_json(tmp_path / "predictor.json", found.report)
    for name, sub in (("small", SPACE.smallest), ("large", SPACE.maximum)):
        sub.save(tmp_path / f"{name}.yaml")
    words = ["--task", "any.de-en", "--device-name", "far", "--predictor", tmp_path / "predictor.pt"]
    words += ["--report", tmp_path / "predictor.json", "--models", "hat-far-p50", "transformer"]
    words += ["--architectures", tmp_path / "small.yaml", tmp_path / "large.yaml", "--output", tmp_path / "models.csv"]
    predict_latency.main(predict_latency.parser().parse_args([*map(str, words)]))
    small_ms, large_ms = found.predictor.predict_ms([SPACE.smallest, SPACE.maximum])
    rmse_ms = found.report["models"][found.report["chosen"]]["test"]["rmse_ms"]
    assert (tmp_path / "models.csv").read_text().splitlines() == [
        "task,device,model,predicted_ms,rmse_ms",
        f"any.de-en,far,hat-far-p50,{small_ms},{rmse_ms}",
        f"any.de-en,far,transformer,{large_ms},{rmse_ms}",
    ]
