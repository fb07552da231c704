"""Gathering: what the rules wrote as tidy tables, those as CSV, and back from the file."""

from __future__ import annotations

import csv
import hashlib
import json
import random
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hat.architecture import DesignSpace
from hat.cost import count_flops, count_parameters
from hat.errors import InputError
from hat.files import write_csv, write_json
from hat.footprint import ON_DEMAND_USD, flops_per_token, mean_flops_per_token, projection_flops, training
from hat.paper import results, table8
from hat.paper.comparing import arranged
from hat.paper.gathered import KINDS, read_gathered, write_gathered
from hat.paper.results import SharedTraining, Workload

from tests.unit.paper_world import cells, gathered, models, small_experiment

WORK = Workload(sentence_length=11, vocabulary=1000)


def test_models_survive_the_csv(tmp_path: Path) -> None:
    frame = gathered("models", small_experiment())
    write_gathered(tmp_path / "models.csv", "models", [frame])
    pd.testing.assert_frame_equal(read_gathered(tmp_path / "models.csv", "models"), frame)


@pytest.mark.parametrize(
    ("column", "cell", "told"),
    [
        ("latency_ms", "fast", "line 6: latency_ms: 'fast'; legal: a number"),
        ("parameters", "1.5", "line 6: parameters: '1.5'; legal: a whole number"),
        ("fits", "maybe", "line 6: fits: 'maybe'; legal: true, false"),
    ],
)
def test_an_illegal_cell_is_named(tmp_path: Path, column: str, cell: str, told: str) -> None:
    path = tmp_path / "models.csv"
    write_gathered(path, "models", [gathered("models", small_experiment())])
    with open(path, newline="") as stream:
        rows = list(csv.DictReader(stream))
    rows[-1][column] = cell
    write_csv(path, rows)
    with pytest.raises(InputError, match=told):
        read_gathered(path, "models")


def test_a_table_of_another_kind_is_named(tmp_path: Path) -> None:
    write_gathered(tmp_path / "x.csv", "fronts", [pd.DataFrame([{"task": "t", "device": "d"}])])
    with pytest.raises(InputError, match=r"x\.csv: missing column"):
        read_gathered(tmp_path / "x.csv", "models")
    with pytest.raises(InputError, match=r"absent\.csv"):
        read_gathered(tmp_path / "absent.csv", "models")


def test_text_stays_text_where_it_looks_like_numbers(tmp_path: Path) -> None:
    rows = [{"task": "1", "device": "007", "budget": "120", "text": "120", "latency_ms": 120}]
    write_gathered(tmp_path / "budgets.csv", "budgets", [pd.DataFrame(rows)])
    (found,) = read_gathered(tmp_path / "budgets.csv", "budgets").to_dict("records")
    assert found == rows[0]


def test_hat_stands_first_and_models_are_sorted_by_latency() -> None:
    rows = small_experiment()
    found = arranged(models(*rows, {**rows[0], "device": "gpu"})["models"], ("hat", "depth", "width"))
    assert list(found["model"]) == [
        "hat-this_cpu-25%",
        "hat-this_cpu-75%",
        "transformer-depth-1",
        "transformer-depth-4",
        "transformer-width-64",
        "transformer-width-64",
    ]
    assert list(found["device"]) == ["this_cpu"] * 5 + ["gpu"]


# --- models

Files = dict[str, Path | None]


@pytest.fixture
def files(tmp_path: Path, tiny_space: DesignSpace) -> Files:
    """What the rules of one HAT model write, and none of what is for devices that are not at hand."""
    tiny_space.largest.save(tmp_path / "architecture.yaml")
    names = ("tokenized_bleu", "compound_split_bleu", "sacrebleu", "chrf2")
    contents: dict[str, Any] = {
        "score": {
            **{name: 30.0 + number for number, name in enumerate(names)},
            "confidence": {name: {"mean": 30.0, "half_width": 1.0 + number} for number, name in enumerate(names)},
            "signatures": {name: f"signature of {name}" for name in names},
            "sentences": 500,
            "cut": 2,
        },
        "latency": {
            "latency_ms": 9.5,
            "uncertainty_ms": 0.12,
            "p50_ms": 9.4,
            "p90_ms": 10.5,
            "anchor_ms": 8.4,
            "drift": 1.05,
            "signature": {"device": "this-cpu", "beam": 5, "sentence_length": 11, "anchor": tiny_space.largest.key},
        },
        "confirmed": {
            "budget": "p25",
            "budget_ms": 10.0,
            "predicted_ms": 9.9,
            "rank": 3,
            "fits": True,
            "latency_ms": 10.1,
        },
        "report": {"updates": 800, "best_valid_loss": 3.25, "seconds": 61.5, "tokens": 5000, "gpu_hours": 99.0},
    }
    for name, content in contents.items():
        write_json(tmp_path / f"{name}.json", content)
    found: Files = {name: tmp_path / f"{name}.json" for name in contents}
    return {"architecture": tmp_path / "architecture.yaml", **found, "predictions": None}


def change(path: Path | None, **facts: Any) -> None:
    assert path is not None
    write_json(path, {name: value for name, value in (json.loads(path.read_text()) | facts).items() if value != "gone"})


def row_of(
    files: Files, asked: dict[str, str] | None = None, shared: SharedTraining | None = None, **facts: str | None
) -> dict[str, Any]:
    """The gathered row, missing values left out."""
    asked = {"task": "task", "device": "this-cpu", "model": "hat-this-cpu-p25"} | (asked or {})
    told = {"family": "hat", "base": None, "budget": "25%", "bleu_kind": "tokenized"} | facts
    architecture = files["architecture"]
    assert architecture is not None
    rest = {name: path for name, path in files.items() if name != "architecture"}
    (found,) = gathered(
        "models", results.model(asked, told, architecture, rest, WORK, shared).to_dict("records")
    ).to_dict("records")
    return {str(name): value for name, value in found.items() if pd.notna(value)}


def test_a_row_gathers_its_files(files: Files, tiny_space: DesignSpace) -> None:
    found = row_of(files)
    assert found["parameters"] == count_parameters(tiny_space.largest)
    assert found["flops"] == count_flops(tiny_space.largest, 11)
    assert [found[name] for name in ("latency_ms", "budget_ms", "predicted_ms", "fits")] == [9.5, 10.0, 9.9, True]
    scores = ("bleu", "bleu_half_width", "sacrebleu", "sacrebleu_half_width", "chrf2")
    assert [found[name] for name in scores] == [30.0, 1.0, 32.0, 3.0, 33.0]
    assert (found["rank"], found["drift"], found["anchor_ms"]) == (3, 1.05, pytest.approx(8.0))
    anchor = hashlib.sha256(tiny_space.largest.key.encode()).hexdigest()[:8]
    assert found["latency_signature"] == f"device:this-cpu|beam:5|sentence_length:11|anchor:{anchor}"
    assert found["bleu_signature"] == "signature of tokenized_bleu"
    assert (found["updates"], found["valid_loss"], found["training_seconds"]) == (800, 3.25, 61.5)
    assert {name for name in KINDS["models"] if name not in found} >= {"bits", "base", "iterations", "published_bleu"}
    assert found["score_file"] == str(files["score"])


def test_costs_follow_from_tokens_and_not_from_an_older_report(files: Files, tiny_space: DesignSpace) -> None:
    own = training(flops_per_token(tiny_space.largest, 11, 1000), 5000)
    found = row_of(files)
    assert (found["gpu_hours"], found["co2_lb"]) == pytest.approx((own.gpu_hours, own.co2_lb))
    assert found["cost_on_demand_usd"] == pytest.approx(ON_DEMAND_USD * own.gpu_hours)


def test_table2_counts_the_training_that_all_share(tmp_path: Path, files: Files, tiny_space: DesignSpace) -> None:
    write_json(tmp_path / "metrics.json", {"seconds": 100.0, "tokens": 7000})
    found = row_of(files, shared=SharedTraining(report=tmp_path / "metrics.json", space=tiny_space, seed=3))
    own = training(flops_per_token(tiny_space.largest, 11, 1000), 5000)
    theirs = training(mean_flops_per_token(tiny_space, 11, 1000, 3), 7000)
    assert found["training_seconds"] == 161.5
    assert found["gpu_hours"] == pytest.approx((own + theirs).gpu_hours)


def test_what_is_not_trained_has_no_costs(files: Files) -> None:
    change(files["report"], tokens="gone", best_valid_loss="gone", valid_loss=4.5, embeddings=True, bits=4)
    found = row_of(files, family="inherited", base="largest", budget=None)
    assert not {"gpu_hours", "co2_lb", "training_seconds"} & set(found)
    assert (found["valid_loss"], found["quantised_embeddings"], found["bits"]) == (4.5, True, 4)


def test_the_size_of_a_rival_is_what_was_counted_when_it_was_timed(files: Files, tiny_space: DesignSpace) -> None:
    sizes = {"parameters": 123, "flops": 4560, "training_flops": 2200}
    change(files["latency"], **sizes, iterations=2.5, published_iterations=2.88, published_iterations_ms=12.0)
    files = {**files, "confirmed": None}
    found = row_of(files, family="levenshtein", budget=None)
    assert (found["parameters"], found["flops"], found["published_iterations_ms"]) == (123, 4560, 12.0)
    projection = projection_flops(tiny_space.largest.decoder_embed_dim, 1000)
    assert found["gpu_hours"] == pytest.approx(training(200 + projection, 5000).gpu_hours)
    change(files["latency"], training_flops="gone")
    with pytest.raises(InputError, match="missing key 'training_flops'"):
        row_of(files, family="levenshtein", budget=None)


def test_the_latency_by_which_a_model_was_chosen_stands_beside_its_budget(files: Files) -> None:
    found = row_of(files)
    assert (found["budget_ms"], found["confirmed_ms"], found["fits"], found["latency_ms"]) == (10.0, 10.1, True, 9.5)


def test_wmt_reports_compound_split_bleu(files: Files) -> None:
    found = row_of(files, bleu_kind="compound-split")
    assert (found["bleu"], found["bleu_half_width"]) == (31.0, 2.0)
    assert found["bleu_signature"] == "signature of compound_split_bleu"


@pytest.mark.parametrize("fits", [True, False])
def test_whether_a_budget_is_kept_was_found_when_the_model_was_chosen(files: Files, fits: bool) -> None:
    """Not by comparing with the latency of the table, which is measured anew."""
    change(files["confirmed"], budget_ms=9.5, fits=fits)
    assert row_of(files)["fits"] is fits


def test_what_is_not_at_hand_is_predicted_and_what_is_published_stands_apart(tmp_path: Path, files: Files) -> None:
    """A model of the release, on a device that is not at hand, where nothing is trained."""
    asked = {"task": "wmt14.en-de", "device": "raspberrypi", "model": "wmt14.en-de-raspberrypi-3.5s"}
    rows = [{"model": "another", "predicted_ms": 1.0}, {"model": asked["model"], "predicted_ms": 3600.0}]
    write_csv(tmp_path / "models.csv", rows)
    nothing = dict.fromkeys(("score", "report", "latency", "confirmed"))
    files = {**files, **nothing, "predictions": tmp_path / "models.csv"}
    found = row_of(files, asked, family="given", budget=None)
    assert not {"latency_ms", "bleu", "sentences", "score_file"} & set(found)
    published = [found[f"published_{name}"] for name in ("latency_ms", "params_m", "flops_g", "bleu")]
    assert (found["predicted_ms"], published) == (3600.0, [3500.0, 25.22, 1.53, 25.8])
    table = table8.table(models(found, {**found, "published_bleu": None, "model": "another"}))
    shown = cells(table)
    assert not {"Latency (ms)", "BLEU"} & set(shown[0])
    assert (shown[0]["Predicted latency (ms)"], shown[0]["Published latency (ms)"]) == ("3,600", "3500")
    assert (shown[0]["Published #Params (M)"], shown[0]["Published FLOPs (M)"]) == ("25.2", "1,530")
    assert [row["Published BLEU"] for row in shown] == ["25.8", "–"]
    assert "nothing was measured here" in table.markdown()
    with pytest.raises(InputError, match="no model 'stranger'"):
        row_of(files, {**asked, "model": "stranger"}, family="given", budget=None)


def test_a_search_meets_the_published_model_of_its_constraint(files: Files) -> None:
    change(files["confirmed"], budget_ms=91.2, budget="91.2ms", fits=None)
    files = {**files, "latency": None}
    asked = {"task": "wmt14.en-de", "device": "titanxp"}
    assert row_of(files, asked, budget="91.2ms")["published_bleu"] == 27.6
    assert "published_bleu" not in row_of(files, asked | {"device": "xeon"}, budget="91.2ms")
    change(files["confirmed"], budget="91.2ms-20M")
    sized = row_of(files, asked, budget="91.2ms, 20M parameters")
    assert ("published_bleu" in sized, sized["budget"]) == (False, "91.2ms, 20M parameters")


def test_a_baseline_has_no_budget(files: Files) -> None:
    found = row_of({**files, "confirmed": None}, family="depth", budget=None)
    assert not {"budget", "budget_ms", "predicted_ms", "fits", "rank", "confirmed_file"} & set(found)


@pytest.mark.parametrize("name", ["architecture", "score", "latency", "confirmed", "report"])
def test_a_missing_file_is_named(files: Files, name: str) -> None:
    path = files[name]
    assert path is not None
    path.unlink()
    with pytest.raises(InputError, match=f"{name}\\.(json|yaml)"):
        row_of(files)


@pytest.mark.parametrize(("name", "key"), [("score", "sacrebleu"), ("latency", "drift"), ("confirmed", "rank")])
def test_a_missing_key_is_named(files: Files, name: str, key: str) -> None:
    change(files[name], **{key: "gone"})
    with pytest.raises(InputError, match=f"{name}\\.json: missing key '{key}'"):
        row_of(files)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("score", {"task": "other"}),
        ("score", {"model": "other"}),
        ("report", {"model": "other"}),
        ("latency", {"device": "gpu"}),
        ("latency", {"model": "other"}),
        ("latency", {"signature": {"device": "gpu"}}),
        ("confirmed", {"budget": "p50"}),
        ("confirmed", {"device": "gpu"}),
    ],
)
def test_a_file_that_says_it_is_of_something_else_is_named(files: Files, name: str, facts: dict[str, Any]) -> None:
    change(files[name], task="task")
    row_of(files)
    change(files[name], **facts)
    with pytest.raises(InputError, match=f"{name}\\.json: .*as the experiment asks"):
        row_of(files)


def test_a_model_that_shares_its_latency_has_that_of_its_base(files: Files) -> None:
    change(files["latency"], model="largest")
    facts = {"family": "inherited", "base": "largest", "budget": None}
    assert row_of({**files, "confirmed": None}, **facts)["latency_ms"] == 9.5
    with pytest.raises(InputError, match="model: 'largest'"):
        row_of(files)


# --- the other kinds

HERE = {"task": "de-en", "device": "this-cpu"}
SEARCHED = HERE | {"budget": "p50"}


def read(kind: str, asked: dict[str, str], *paths: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = gathered(kind, results.read(kind, asked, *paths).to_dict("records")).to_dict("records")
    return rows


def test_a_csv_file_gets_what_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "anything.csv"
    write_csv(path, [{"rank": 1, "loss": 3.5, "predicted_ms": 4}, {"rank": 2, "loss": 4, "predicted_ms": 3}])
    expected = [{"predicted_ms": 4.0, "loss": 3.5}, {"predicted_ms": 3.0, "loss": 4.0}]
    assert read("candidates", SEARCHED, path) == [SEARCHED | scores for scores in expected]
    assert read("fronts", HERE, path) == [HERE | scores for scores in expected]


def test_a_csv_file_may_say_what_it_is_of(tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    rows = [HERE | {"measured_ms": 1.0, "predicted_ms": 2.0}, HERE | {"measured_ms": 3.0, "predicted_ms": 4.0}]
    write_csv(path, rows)
    assert read("predictions", HERE, path) == rows
    write_csv(path, [rows[0], rows[1] | {"device": "gpu"}])
    with pytest.raises(InputError, match=r"predictions\.csv: line 3: device: 'gpu'; legal: 'this-cpu'"):
        read("predictions", HERE, path)


def test_predictions_that_are_no_numbers_are_named(tmp_path: Path) -> None:
    (tmp_path / "predictions.csv").write_text("measured_ms,predicted_ms\n10.0,slow\n")
    with pytest.raises(InputError, match=r"predictions\.csv: line 2: predicted_ms: 'slow'; legal: a number"):
        read("predictions", HERE, tmp_path / "predictions.csv")


def test_the_errors_of_a_predictor_are_those_of_the_chosen_model(tmp_path: Path) -> None:
    errors = {"rmse_ms": 0.65, "mape": 0.033, "kendall_tau": None}
    fitted = {"ridge": {"test": errors}, "mlp": {"test": {**errors, "rmse_ms": 9.0}}}
    write_json(tmp_path / "predictor.json", {"chosen": "ridge", "samples": 17, "left_out": 3, "models": fitted})
    (found,) = read("predictors", HERE, tmp_path / "predictor.json")
    assert (found["chosen"], found["rmse_ms"], found["samples"], found["left_out"]) == ("ridge", 0.65, 17, 3)
    assert pd.isna(found["kendall_tau"])
    write_json(tmp_path / "predictor.json", {"chosen": "mlp", "models": {}})
    with pytest.raises(InputError, match=r"predictor\.json: missing key 'mlp'"):
        read("predictors", HERE, tmp_path / "predictor.json")


def test_samples_are_counted_at_the_length_that_was_timed(tmp_path: Path, tiny_space: DesignSpace) -> None:
    subs = [tiny_space.sample(random.Random(seed)) for seed in range(3)]
    told = [{"p50_ms": p50, "drift": drift, "runs": 20} for p50, drift in ((10.0, 1.0), (5.0, 1.0), (10.0, 2.5))]
    write_csv(
        tmp_path / "samples.csv",
        [{**sub.to_row(), "latency_ms": 10.0, **numbers} for sub, numbers in zip(subs, told, strict=True)],
    )
    facts = {"signature": {"sentence_length": 7, "runs": 20, "device": "this-cpu"}}
    write_json(tmp_path / "signature.json", facts | {"anchor_ms": 8.5})
    found = read("samples", HERE, tmp_path / "samples.csv", tmp_path / "signature.json")
    assert [row["flops"] for row in found] == [count_flops(sub, 7) for sub in subs]
    assert [row["doubtful"] for row in found] == [False, True, True]
    (signature,) = read("signatures", HERE, tmp_path / "signature.json")
    assert signature == HERE | {"sentence_length": 7, "runs": 20, "anchor_ms": 8.5}
    with pytest.raises(InputError, match=r"signature\.json: device: 'this-cpu'; legal: 'gpu'"):
        read("signatures", HERE | {"device": "gpu"}, tmp_path / "signature.json")


def test_a_stand_in_search_is_its_best_candidate(tmp_path: Path, tiny_space: DesignSpace) -> None:
    subs = [tiny_space.largest, tiny_space.smallest]
    rows = [{"rank": n, "loss": n, "predicted_ms": 30.0 / n, **sub.to_row()} for n, sub in enumerate(subs, start=1)]
    write_csv(tmp_path / "candidates.csv", rows)
    found = read("stand_ins", SEARCHED, tmp_path / "candidates.csv")
    assert found == [SEARCHED | {"predicted_ms": 30.0, "parameters": count_parameters(tiny_space.largest)}]


def test_a_budget_is_found_by_its_name(tmp_path: Path) -> None:
    limits = {"p25": {"text": "25%", "latency_ms": 4.0}, "p50": {"text": "50%", "latency_ms": 5.0}}
    write_json(tmp_path / "p50.json", {"budgets": limits})
    assert read("budgets", SEARCHED, tmp_path / "p50.json") == [SEARCHED | {"text": "50%", "latency_ms": 5.0}]


def test_both_searches_are_gathered_and_what_the_one_online_timed(tmp_path: Path) -> None:
    facts = {"budget": "p50", "budget_ms": 12.0, "latency_ms": 11.0, "uncertainty_ms": 0.1, "loss": 3.25}
    facts["doubtful"] = True
    write_json(tmp_path / "offline.json", facts)
    write_json(tmp_path / "online.json", facts | {"measured": 7, "timed_seconds": 1.5})
    offline, online = read("confirmed", SEARCHED, tmp_path / "offline.json", tmp_path / "online.json")
    assert (offline["search"], online["search"]) == ("offline", "online")
    assert pd.isna(offline["measured"])
    assert (online["measured"], online["timed_seconds"], online["doubtful"]) == (7, 1.5, True)
