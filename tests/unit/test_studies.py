"""What the studies draw and tabulate, from made-up results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hat.architecture import SubTransformer
from hat.cost import count_parameters
from hat.errors import InputError
from hat.interop.architectures import read_architecture
from hat.paper import few_samples, figure12, insights, learning_curves, predictors, stand_in, transfer
from hat.paper.published.facts import printed

from tests.unit.paper_world import Row, cells, drawn, gathered, models, records, row

CONFIG = Path(__file__).resolve().parents[2] / "config" / "architectures"
TABLE8 = printed("table8").set_index("model")


def published(name: str) -> Row:
    """A row as the experiment `published` has them."""
    sub = read_architecture(CONFIG / f"{name}.yaml")
    task, device = "-".join(name.split("-")[:2]), name.split("-")[2]
    facts: dict[str, Any] = {"predicted_ms": 5000.0, "parameters": count_parameters(sub), "architecture": sub.key}
    facts["published_latency_ms"] = TABLE8.loc[name, "latency_ms"]
    return row(name, "given", None, None, task=task, device=device, **facts)


def sub_of(row: Row) -> SubTransformer:
    return SubTransformer.from_dict(json.loads(row["architecture"]))


def test_the_papers_models_attend_as_the_paper_says(tmp_path: Path) -> None:
    """About half of the decoder layers attend to one encoder layer, two fifths to two, the rest to three."""
    rows = [published(name) for name in TABLE8.index if not name.startswith("iwslt")]
    insights.draw(models(*rows, row("transformer-depth-1", "depth", 1.0, 1.0)), tmp_path / "insights")
    found = records(tmp_path / "insights.csv")
    attended = {
        int(each["value"]): round(100 * float(each["share"]), 1)
        for each in found
        if each["group"] == "all" and each["quantity"].startswith("Encoder layers")
    }
    assert attended == {1: 51.2, 2: 40.9, 3: 7.9}
    depths = [each for each in found if each["quantity"].startswith("Decoder") and each["group"] == "all"]
    assert sum(int(each["count"]) for each in depths) == len(rows)
    assert {each["group"] for each in found} == {
        *("wmt14.en-de raspberrypi", "wmt14.en-de xeon", "wmt14.en-de titanxp", "wmt14.en-fr raspberrypi"),
        *("wmt14.en-fr xeon", "wmt14.en-fr titanxp", "wmt19.en-de titanxp", "all"),
    }


def test_without_searched_models_there_is_no_insight(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no model that a search found"):
        insights.draw(models(row("transformer-depth-1", "depth", 1.0, 1.0)), tmp_path / "insights")


def test_figure12_draws_each_layer_once_and_the_same_every_time(tmp_path: Path) -> None:
    rows = [published("wmt14.en-de-raspberrypi-6.0s"), published("wmt14.en-de-titanxp-146.7ms")]
    for name in ("first", "second"):
        figure12.draw(models(*rows), tmp_path / name)
    assert drawn(tmp_path / "first") == drawn(tmp_path / "second")
    sub = sub_of(rows[0])
    layers = [layer for layer in records(tmp_path / "first.csv") if layer["model"] == rows[0]["model"]]
    assert [int(layer["ffn_dim"]) for layer in layers] == [*sub.encoder_ffn_dims, *sub.decoder_ffn_dims]
    nothing = [""] * sub.encoder_layers
    assert [layer["attended_layers"] for layer in layers] == [*nothing, *map(str, sub.decoder_attended_layers)]
    assert [layer["cross_heads"] for layer in layers] == [*nothing, *map(str, sub.decoder_cross_heads)]


Trial = dict[str, Any]
PLACE = {"task": "wmt14.en-de", "device": "titanxp"}


def trial(rows: str, model: str, layers: int, train: int, seed: int, chosen: bool | None, rmse_ms: float) -> Trial:
    kind = {"rows": rows, "model": model, "linear_layers": layers, "train": train, "seed": seed, "chosen": chosen}
    return {**PLACE, **kind, "rmse_ms": rmse_ms, "mape": 0.1, "kendall_tau": 0.9}


@pytest.fixture
def study() -> dict[str, pd.DataFrame]:
    trials = [
        *(trial("all", "mlp", depth, 1600, 0, False if depth == 3 else None, 20.0 + depth) for depth in (1, 3, 5)),
        *(trial("all", "ridge", depth, 1600, 0, True if depth == 3 else None, 14.0) for depth in (1, 3, 5)),
        *(trial("all", "mlp", 3, 100, seed, None, 30.0 + seed) for seed in (0, 1)),
        *(trial("all", "ridge", 3, 100, seed, None, 25.0) for seed in (0, 1)),
        trial("steady", "mlp", 3, 1400, 0, True, 5.0),
        trial("steady", "ridge", 3, 1400, 0, False, 6.0),
    ]
    report = {**PLACE, "samples": 1749, "left_out": 251, "chosen": "ridge"}
    return {"trials": gathered("trials", trials), "predictors": gathered("predictors", [report])}


def test_the_table_of_predictors_has_published_errors_beside_ours(study: dict[str, pd.DataFrame]) -> None:
    table = predictors.table(study)
    (found,) = table.frame.to_dict("records")
    assert (found["task"], found["device"], found["samples"], found["drifted"]) == ("wmt14.en-de", "titanxp", 2000, 251)
    names = ("mlp_1_layer", "mlp_3_layers", "mlp_5_layers", "ridge", "chosen")
    assert [found[f"{name}_rmse_ms"] for name in names] == [21.0, 23.0, 25.0, 14.0, 14.0]
    assert (found["steady_chosen_rmse_ms"], found["best_retrained_rmse_ms"]) == (5.0, 14.35)
    assert found["ridge_std_ms"] == 0
    (shown,) = cells(table)
    assert (shown["Samples"], shown["Best known, retrained"]) == ("2000", "14.35")
    own = {kind: frame.assign(task="demo.de-en") for kind, frame in study.items()}
    assert "Released" not in cells(predictors.table(own))[0]


def test_a_kind_that_was_not_tried_has_no_error(study: dict[str, pd.DataFrame]) -> None:
    trials = study["trials"]
    (found,) = predictors.table(study | {"trials": trials[trials["rows"] == "all"]}).frame.to_dict("records")
    assert pd.isna(found["steady_chosen_rmse_ms"])
    assert pd.isna(found["steady_chosen_std_ms"])


def test_learning_curves_are_means_over_subsets(tmp_path: Path, study: dict[str, pd.DataFrame]) -> None:
    learning_curves.draw(study, tmp_path / "curves")
    found = records(tmp_path / "curves.csv")
    points = {(each["model"], int(each["train"])): float(each["rmse_ms"]) for each in found}
    assert points == {("ridge", 100): 25.0, ("ridge", 1600): 14.0, ("mlp", 100): 30.5, ("mlp", 1600): 23.0}
    assert [each["std_ms"] for each in found] == ["0.0", "0.0", str(0.5**0.5), "0.0"]


def transfers() -> dict[str, pd.DataFrame]:
    """One device without sources for its own task; errors of 20 samples alone and helped, of 100 helped."""

    def row(sources: str, selection: str, samples: int, rmse_ms: float, draw: int = 0) -> Trial:
        known = {"sources": sources, "selection": selection, "samples": samples, "draw": draw, "mean_ms": 200.0}
        return {**PLACE, **known, "rmse_ms": rmse_ms, "mape": 0.1, "kendall_tau": 0.9, "coverage": 0.88}

    rows = [
        row("none", "all", 1300, 10.0),
        *(row("none", "random", 20, 10.0 * times, draw) for draw, times in enumerate((2, 9, 3))),
        row("none", "random", 100, 13.0),
        *(row("same task", "chosen", size, 99.0) for size in (20, 100)),
        row("all tasks", "chosen", 20, 15.5),
        row("all tasks", "random", 20, 77.0),
        row("all tasks", "chosen", 100, 11.5),
    ]
    return {"transfers": gathered("transfers", rows)}


def test_few_samples_are_compared_with_all_and_with_the_goals() -> None:
    table = few_samples.table(transfers())
    (found,) = table.frame.to_dict("records")
    assert (found["own_samples"], found["own_share"]) == (1300, 0.05)
    assert (found["alone_20"], found["relative_20"], found["share_20"]) == (3.0, 1.55, 0.0775)
    assert (found["alone_100"], found["relative_100"]) == (1.3, 1.15)
    assert (found["goal_20"], found["goal_100"]) == ("missed", "missed")
    (shown,) = cells(table)
    assert (shown["20: alone"], shown["20: transfer"], shown["20: covered"]) == ("3.00×", "1.55×", "88%")
    assert len(pd.DataFrame(table.everything)) == 7
    near = transfers()["transfers"].assign(mean_ms=320.0)
    assert few_samples.table({"transfers": near}).frame["goal_20"].tolist() == ["met"]  # below 5% of the mean latency
    none = near[near["samples"] != 100]
    assert "100: transfer" not in cells(few_samples.table({"transfers": none}))[0]


def test_transfer_is_drawn_as_medians_over_draws(tmp_path: Path) -> None:
    transfer.draw(transfers(), tmp_path / "transfer")
    found = {
        (r["sources"], r["selection"], r["samples"]): float(r["relative"]) for r in records(tmp_path / "transfer.csv")
    }
    assert found["none", "random", "20"] == 3.0
    assert found["all tasks", "chosen", "100"] == 1.15


def test_stand_in_searches_are_drawn_beside_the_papers_models(tmp_path: Path) -> None:
    theirs = published("wmt14.en-de-xeon-137.9ms")
    search = {"task": "wmt14.en-de", "device": "xeon", "budget": "p50"}
    size = count_parameters(sub_of(theirs))
    frames = {
        "stand_ins": gathered("stand_ins", [search | {"predicted_ms": 130.0, "parameters": size}]),
        "budgets": gathered("budgets", [search | {"text": "50%", "latency_ms": 140.0}]),
        **models(theirs, published("wmt14.en-de-titanxp-57.1ms"), row("transformer-big", "given", None, None)),
    }
    stand_in.draw(frames, tmp_path / "stand_in")
    ours, published_one = records(tmp_path / "stand_in.csv")
    assert (ours["series"], ours["predicted_ms"], ours["budget_ms"]) == ("stand_in", "130.0", "140.0")
    assert (published_one["series"], published_one["parameters"]) == ("published", str(size))
    assert (published_one["predicted_ms"], published_one["budget"]) == ("5000.0", "")
