"""The commands of the scores and the paper, by hand on a made-up experiment: from results to table and figures."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from hat.architecture import SubTransformer
from hat.errors import InputError
from hat.paper.models import read_models
from hat_workflow import settings

EXPERIMENT = """
experiment: made-up
tasks:
  de-en:
    corpus: multi30k.de-en
    space: demo
    training: demo
    sentence_length: 12
    devices: {this-cpu: {budgets: [25%, 120ms]}}
    baselines: {depth: [1], width: [32]}
"""


def call(command: str, *words: object) -> None:
    module = importlib.import_module(command)
    module.main(module.parser().parse_args([str(word) for word in words]))


def score_of(folder: Path, sentences: list[str]) -> Path:
    """Score a perfect translation; returns the file."""
    for stage in ("tokens", "raw"):
        (folder / stage).mkdir(parents=True, exist_ok=True)
        (folder / stage / "test.en").write_text("".join(f"{line}\n" for line in sentences))
    (folder / "test.hyp").write_text("".join(f"{line}\n" for line in sentences))
    places = ["--tokens", folder / "tokens", "--raw", folder / "raw", "--output", folder / "test.json"]
    call("score_model", "--hypotheses", folder / "test.hyp", "--corpus", "multi30k.de-en", "--split", "test", *places)
    return folder / "test.json"


def design(kind: str, value: int, output: Path) -> None:
    call("design_baseline", "--space", "demo", "--kind", kind, "--value", value, "--output", output)


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    """A folder with an experiment file and all results that `gather_results` needs."""
    (tmp_path / "made-up.yaml").write_text(EXPERIMENT)
    score = score_of(tmp_path / "scored", ["Two dogs run across a field", "A man sleeps in the shade"]).read_text()
    task = tmp_path / "results" / "made-up" / "de-en"
    models = ["hat-this-cpu-p25", "hat-this-cpu-120ms", "transformer-depth-1", "transformer-width-32"]
    for number, model in enumerate(models):
        folder = task / "models" / model
        (folder / "score").mkdir(parents=True)
        (folder / "latency").mkdir()
        (folder / "score" / "test.json").write_text(score)
        latency: dict[str, Any] = {"latency_ms": 10.0 + number, "p50_ms": 10.0, "p90_ms": 12.0, "drift": 1.0}
        latency["signature"] = {"device": "this-cpu", "sentence_length": 12}
        (folder / "latency" / "this-cpu.json").write_text(json.dumps(latency))
        (folder / "train.json").write_text(json.dumps({"updates": 800, "best_valid_loss": 3.25, "seconds": 61.5}))
        search = task / "search" / "this-cpu" / model.rsplit("-", 1)[1]
        hat = model.startswith("hat")
        architecture = search / "subtransformer.yaml" if hat else task / "baselines" / f"{model}.yaml"
        design("depth", 1 + number, architecture)
        if hat:
            confirmed = {"budget_ms": 10.5, "predicted_ms": 10.25, "fits": number == 0, "rank": 1} | latency
            (search / "confirmed.json").write_text(json.dumps(confirmed))
    return tmp_path


def gather(folder: Path) -> Path:
    output = folder / "results" / "made-up" / "paper" / "models.csv"
    call("gather_results", "--experiment", folder / "made-up.yaml", "--results", folder / "results", "--output", output)
    return output


def test_from_results_to_table_and_figure(made_up: Path) -> None:
    models = gather(made_up)
    rows = read_models(models)
    assert [(row.model, row.family, row.budget, row.fits) for row in rows] == [
        ("hat-this-cpu-p25", "hat", "25%", True),
        ("hat-this-cpu-120ms", "hat", "120ms", False),
        ("transformer-depth-1", "depth", None, None),
        ("transformer-width-32", "width", None, None),
    ]
    assert {(row.task, row.hardware, row.bleu_kind, row.sentence_length) for row in rows} == {
        ("de-en", "this-cpu", "tokenized", 12)
    }
    assert rows[1].confirmed_file == "results/made-up/de-en/search/this-cpu/120ms/confirmed.json"
    assert [row.latency_file for row in rows] == [
        f"results/made-up/de-en/models/{row.model}/latency/this-cpu.json" for row in rows
    ]
    call("make_table8", "--models", models, "--output-stem", models.parent / "table8")
    call("draw_models", "--figure", "figure7", "--models", models, "--output-stem", models.parent / "figure7")
    assert sorted(path.name for path in models.parent.iterdir()) == [
        *("figure7.csv", "figure7.pdf", "figure7.png", "models.csv", "table8.csv", "table8.md", "table8.tex")
    ]


def test_a_missing_result_is_named_and_nothing_written(made_up: Path) -> None:
    missing = made_up / "results/made-up/de-en/models/transformer-width-32/latency/this-cpu.json"
    missing.unlink()
    with pytest.raises(InputError, match="No such file") as caught:
        gather(made_up)
    assert str(missing) in str(caught.value)
    assert not (made_up / "results/made-up/paper").exists()


def test_the_first_of_the_splits_is_the_tables(made_up: Path) -> None:
    with open(made_up / "made-up.yaml", "a") as stream:
        stream.write("    generation: {splits: [test2017, test]}\n")
    with pytest.raises(InputError, match=r"score/test2017\.json"):
        gather(made_up)


def test_the_corpus_says_which_bleu_is_the_tables(made_up: Path) -> None:
    corpus = settings.find("corpus", "multi30k.de-en").read_text()
    (made_up / "split.yaml").write_text(f"{corpus}bleu: compound-split\n")
    (made_up / "made-up.yaml").write_text(EXPERIMENT.replace("multi30k.de-en", str(made_up / "split.yaml")))
    assert {row.bleu_kind for row in read_models(gather(made_up))} == {"compound-split"}


def test_score_says_its_split(tmp_path: Path) -> None:
    scores = json.loads(score_of(tmp_path, ["Two dogs run across a field"]).read_text())
    assert (scores["split"], scores["sentences"]) == ("test", 1)
    assert scores["sacrebleu"] == pytest.approx(100)


def test_designed_baselines_follow_the_space(tmp_path: Path) -> None:
    space = settings.design_space("demo")
    design("depth", 2, tmp_path / "depth.yaml")
    design("width", 32, tmp_path / "width.yaml")
    depth, width = SubTransformer.load(tmp_path / "depth.yaml"), SubTransformer.load(tmp_path / "width.yaml")
    assert (depth.decoder_layers, depth.decoder_embed_dim) == (2, space.position_dim)
    assert (width.decoder_layers, width.decoder_embed_dim) == (max(space.decoder_layers), 32)


def test_every_prediction_needs_its_report(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1 for 2 predictions"):
        call("draw_figure6", "--predictions", "a", "b", "--reports", "c", "--output-stem", tmp_path / "figure6")
