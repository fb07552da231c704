"""What the studies draw and tabulate, from made-up results."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import draw_figure12
import draw_stand_in
import pytest
from hat.architecture import SubTransformer
from hat.cost import count_parameters
from hat.errors import InputError
from hat.files import read_csv, write_csv
from hat.interop.architectures import read_architecture
from hat.paper.figure12 import draw_figure12 as draw
from hat.paper.insights import draw_insights
from hat.paper.models import ModelRow, write_models
from hat.paper.predictors import Study, draw_learning_curves, predictors_records, predictors_table
from hat.paper.published.facts import table8

from tests.unit.paper_world import drawn, row

CONFIG = Path(__file__).resolve().parents[2] / "config" / "architectures"


def published(name: str) -> ModelRow:
    """A row as the experiment `published` has them."""
    sub = read_architecture(CONFIG / f"{name}.yaml")
    task, hardware = "-".join(name.split("-")[:2]), name.split("-")[2]
    made = row(name, "given", 1.0, 1.0, task=task, hardware=hardware, architecture=sub.key)
    layers = {"encoder_layers": sub.encoder_layers, "decoder_layers": sub.decoder_layers}
    facts = {"latency_ms": None, "predicted_ms": 5000.0, "tokenized_bleu": None, "parameters": count_parameters(sub)}
    return dataclasses.replace(made, **layers, **facts, published_latency_ms=table8()[name].latency_ms)


def test_the_papers_models_attend_as_the_paper_says(tmp_path: Path) -> None:
    """About half of the decoder layers attend to one encoder layer, two fifths to two, the rest to three."""
    rows = [published(name) for name in table8() if not name.startswith("iwslt")]
    draw_insights([*rows, row("transformer-depth-1", "depth", 1.0, 1.0)], tmp_path / "insights")
    records = read_csv(tmp_path / "insights.csv", ["quantity", "value", "group", "count", "share"])
    attended = {
        int(record["value"]): round(100 * float(record["share"]), 1)
        for record in records
        if record["group"] == "all" and record["quantity"].startswith("Encoder layers")
    }
    assert attended == {1: 51.2, 2: 40.9, 3: 7.9}
    depths = [record for record in records if record["quantity"].startswith("Decoder") and record["group"] == "all"]
    assert sum(int(record["count"]) for record in depths) == len(rows)
    assert {record["group"] for record in records} == {
        *("wmt14.en-de raspberrypi", "wmt14.en-de xeon", "wmt14.en-de titanxp", "wmt14.en-fr raspberrypi"),
        *("wmt14.en-fr xeon", "wmt14.en-fr titanxp", "wmt19.en-de titanxp", "all"),
    }


def test_without_searched_models_there_is_no_insight(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no model that a search found"):
        draw_insights([row("transformer-depth-1", "depth", 1.0, 1.0)], tmp_path / "insights")


def test_figure12_draws_each_layer_once_and_the_same_every_time(tmp_path: Path) -> None:
    rows = [published("wmt14.en-de-raspberrypi-6.0s"), published("wmt14.en-de-titanxp-146.7ms")]
    for name in ("first", "second"):
        draw(rows, tmp_path / name)
    assert drawn(tmp_path / "first") == drawn(tmp_path / "second")
    layers = read_csv(tmp_path / "first.csv", ["model", "side", "layer", "ffn_dim", "attended_layers"])
    sub = rows[0].sub
    mine = [layer for layer in layers if layer["model"] == rows[0].model]
    assert [int(layer["ffn_dim"]) for layer in mine] == [*sub.encoder_ffn_dims, *sub.decoder_ffn_dims]
    assert [layer["attended_layers"] for layer in mine][-4:] == [str(n) for n in sub.decoder_attended_layers]


def test_a_compared_model_that_does_not_exist_is_named(tmp_path: Path) -> None:
    write_models(tmp_path / "models.csv", [published("wmt14.en-de-xeon-137.9ms")])
    words = ["--models", tmp_path / "models.csv", "--compared", "wmt14.en-de/nothing", "--output-stem", tmp_path / "x"]
    with pytest.raises(InputError, match=r"models\.csv: no model 'wmt14\.en-de/nothing'"):
        draw_figure12.main(draw_figure12.parser().parse_args([*map(str, words)]))


def trial(rows: str, model: str, layers: int, train: int, seed: int, chosen: bool, rmse_ms: float) -> dict[str, object]:
    kind = {"rows": rows, "model": model, "linear_layers": layers, "train": train, "seed": seed, "chosen": chosen}
    return {**kind, "rmse_ms": rmse_ms, "mape": 0.1, "kendall_tau": 0.9}


@pytest.fixture
def study(tmp_path: Path) -> Study:
    folder = tmp_path / "wmt14.en-de" / "latency" / "titanxp"
    folder.mkdir(parents=True)
    trials = [
        *(trial("all", "mlp", depth, 1600, 0, depth == 1, 20.0 + depth) for depth in (1, 3, 5)),
        *(trial("all", "ridge", depth, 1600, 0, depth != 1, 14.0) for depth in (1, 3, 5)),
        *(trial("all", "mlp", 3, 100, seed, False, 30.0 + seed) for seed in (0, 1)),
        *(trial("all", "ridge", 3, 100, seed, True, 25.0) for seed in (0, 1)),
        trial("steady", "mlp", 3, 1400, 0, True, 5.0),
        trial("steady", "ridge", 3, 1400, 0, False, 6.0),
    ]
    write_csv(folder / "study.csv", trials)
    (folder / "predictor.json").write_text(json.dumps({"samples": 1749, "left_out": 251}))
    return Study.load(folder / "study.csv", folder / "predictor.json")


def test_the_table_of_predictors_has_published_errors_beside_ours(study: Study) -> None:
    (record,) = predictors_records([study])
    assert (record["task"], record["hardware"], record["samples"], record["drifted"]) == (
        *("wmt14.en-de", "titanxp", 2000, 251),
    )
    found = [record[f"{name}_rmse_ms"] for name in ("mlp_1_layer", "mlp_3_layers", "mlp_5_layers", "ridge", "chosen")]
    assert found == [21.0, 23.0, 25.0, 14.0, 14.0]
    assert (record["steady_chosen_rmse_ms"], record["best_retrained_rmse_ms"]) == (5.0, 14.35)
    table = predictors_table([study])
    assert dict(zip(table.columns, table.groups[0][0], strict=True))["Best known, retrained"] == "14.35"
    own = dataclasses.replace(study, task="demo.de-en")
    assert "Released" not in predictors_table([own]).columns


def test_learning_curves_are_means_over_subsets(tmp_path: Path, study: Study) -> None:
    draw_learning_curves([study], tmp_path / "curves")
    records = read_csv(tmp_path / "curves.csv", ["model", "train", "rmse_ms", "std_ms"])
    points = {(record["model"], int(record["train"])): float(record["rmse_ms"]) for record in records}
    assert points == {("ridge", 100): 25.0, ("ridge", 1600): 14.0, ("mlp", 100): 30.5, ("mlp", 1600): 23.0}


def test_stand_in_searches_are_drawn_beside_the_papers_models(tmp_path: Path) -> None:
    rows = [published("wmt14.en-de-xeon-137.9ms")]
    write_models(tmp_path / "models.csv", rows)
    folder = tmp_path / "wmt14.en-de" / "stand_in" / "xeon" / "p50"
    folder.mkdir(parents=True)
    sub: SubTransformer = rows[0].sub
    write_csv(folder / "candidates.csv", [{"rank": 1, "loss": -30.47, "predicted_ms": 130.0, **sub.to_row()}])
    (tmp_path / "p50.json").write_text(json.dumps({"budgets": {"p50": {"latency_ms": 140.0}}}))
    words = ["--models", tmp_path / "models.csv", "--candidates", folder / "candidates.csv"]
    words += ["--budgets", tmp_path / "p50.json", "--output-stem", tmp_path / "stand_in"]
    draw_stand_in.main(draw_stand_in.parser().parse_args([*map(str, words)]))
    found, theirs = read_csv(tmp_path / "stand_in.csv", ["series", "predicted_ms", "parameters", "budget_ms"])
    assert (found["series"], found["predicted_ms"], found["budget_ms"]) == ("stand_in", "130.0", "140.0")
    assert (theirs["series"], theirs["parameters"]) == ("published", str(count_parameters(sub)))
