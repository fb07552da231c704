"""The commands of the scores and the paper, by hand on a made-up experiment: from results to table and figures."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from hat.architecture import SubTransformer
from hat.errors import InputError
from hat.files import write_json
from hat.paper.gathered import read_gathered
from hat_workflow import settings

from tests.unit.paper_world import records

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
    write_json(folder / "test.hyp.json", {"sentences": len(sentences), "cut": 1})
    places = [
        "--report",
        folder / "test.hyp.json",
        "--tokens",
        folder / "tokens",
        "--raw",
        folder / "raw",
        "--output",
        folder / "test.json",
    ]
    call("score_model", "--hypotheses", folder / "test.hyp", "--corpus", "multi30k.de-en", "--split", "test", *places)
    return folder / "test.json"


def design(kind: str, value: int, output: Path) -> None:
    call("design_baseline", "--space", "demo", "--kind", kind, "--value", value, "--output", output)


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with an experiment file and all results that `gather_results` needs for Table 8."""
    monkeypatch.chdir(tmp_path)
    statistics = tmp_path / "results" / "corpora" / "multi30k.de-en" / "binary" / "statistics.json"
    statistics.parent.mkdir(parents=True)
    statistics.write_text(json.dumps({"sentence_length": 99, "target_vocabulary": 1000}))
    (tmp_path / "made-up.yaml").write_text(EXPERIMENT)
    score = score_of(tmp_path / "scored", ["Two dogs run across a field", "A man sleeps in the shade"]).read_text()
    task = tmp_path / "results" / "made-up" / "de-en"
    models = ["hat-this-cpu-p25", "hat-this-cpu-120ms", "transformer-depth-1", "transformer-width-32"]
    for number, model in enumerate(models):
        folder = task / "models" / model
        (folder / "score").mkdir(parents=True)
        (folder / "latency").mkdir()
        (folder / "score" / "test.json").write_text(score)
        latency: dict[str, Any] = {"latency_ms": 10.0 + number, "uncertainty_ms": 0.1}
        latency |= {"p50_ms": 10.0, "p90_ms": 12.0, "anchor_ms": 8.0, "drift": 1.0}
        latency["signature"] = {"device": "this-cpu", "sentence_length": 12}
        (folder / "latency" / "this-cpu.json").write_text(json.dumps(latency))
        report = {"updates": 800, "best_valid_loss": 3.25, "seconds": 61.5, "tokens": 5000}
        (folder / "train.json").write_text(json.dumps(report))
        search = task / "search" / "this-cpu" / model.rsplit("-", 1)[1]
        hat = model.startswith("hat")
        architecture = search / "subtransformer.yaml" if hat else task / "baselines" / f"{model}.yaml"
        design("depth", 1 + number, architecture)
        if hat:
            confirmed = {"budget_ms": 10.5, "predicted_ms": 10.25, "fits": number == 0, "rank": 1} | latency
            (search / "confirmed.json").write_text(json.dumps(confirmed))
    return tmp_path


def gather(folder: Path, study: str = "table8", kind: str = "models") -> Path:
    output = folder / "results" / "made-up" / "paper" / "gathered" / study / f"{kind}.csv"
    call("gather_results", "--experiment", "made-up.yaml", "--study", study, "--kind", kind, "--output", output)
    return output


def test_from_results_to_table_and_figure(made_up: Path) -> None:
    path = gather(made_up)
    rows = read_gathered(path, "models")
    assert rows[["model", "family", "budget", "fits"]].astype(object).fillna("").to_numpy().tolist() == [
        ["hat-this-cpu-p25", "hat", "25%", True],
        ["hat-this-cpu-120ms", "hat", "120ms", False],
        ["transformer-depth-1", "depth", "", ""],
        ["transformer-width-32", "width", "", ""],
    ]
    assert rows[["task", "device", "bleu_kind", "sentence_length"]].drop_duplicates().to_numpy().tolist() == [
        ["de-en", "this-cpu", "tokenized", 12]
    ]
    assert rows["confirmed_file"][1] == "results/made-up/de-en/search/this-cpu/120ms/confirmed.json"
    assert list(rows["latency_file"]) == [
        f"results/made-up/de-en/models/{model}/latency/this-cpu.json" for model in rows["model"]
    ]
    assert rows["gpu_hours"].notna().all()
    words = ("--gathered", f"models={path}", "--output-stem")
    call("make_table", "--exhibit", "table8", *words, made_up / "table8")
    call("draw_figure", "--exhibit", "figure7", *words, made_up / "figure7")
    compared = ("--compared", "de-en/transformer-width-32", "de-en/hat-this-cpu-p25")
    call("draw_figure", "--exhibit", "figure12", *words, made_up / "figure12", *compared)
    written = {f"{name}.{ending}" for name in ("figure7", "figure12") for ending in ("csv", "pdf", "png")}
    written |= {f"table8.{ending}" for ending in ("csv", "md", "tex")}
    assert written < {path.name for path in made_up.iterdir()}
    layers = records(made_up / "figure12.csv")
    assert list(dict.fromkeys(each["model"] for each in layers)) == ["transformer-width-32", "hat-this-cpu-p25"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("make_table", "--exhibit", "tabel8"), r"--exhibit: 'tabel8'; legal: .*did you mean 'table8'"),
        (("make_table", "--exhibit", "figure7"), r"--exhibit: 'figure7'; legal: distillation, .*"),
        (("draw_figure", "--exhibit", "table8"), r"--exhibit: 'table8'; legal: figure10, .*"),
        (("draw_figure", "--exhibit", "style"), r"--exhibit: 'style'"),
        (("draw_figure", "--exhibit", "figure6"), r"--gathered: no predictions; legal: predictions=FILE"),
        (
            ("draw_figure", "--exhibit", "figure12", "--compared", "de-en/hat-this-cpu-p26"),
            r"--compared: no model 'de-en/hat-this-cpu-p26'; legal: .*did you mean 'de-en/hat-this-cpu-p25'",
        ),
    ],
)
def test_what_does_not_exist_is_named_with_the_nearest(made_up: Path, words: tuple[str, ...], told: str) -> None:
    with pytest.raises(InputError, match=told):
        call(*words, "--gathered", f"models={gather(made_up)}", "--output-stem", made_up / "x")
    assert not list(made_up.glob("x.*"))


def test_an_unknown_kind_is_named(made_up: Path) -> None:
    with pytest.raises(InputError, match=r"--gathered: 'modles=x\.csv'; legal: .*did you mean 'models'"):
        call("make_table", "--exhibit", "table8", "--gathered", "modles=x.csv", "--output-stem", made_up / "x")


def test_a_study_that_no_task_asks_for_is_named(made_up: Path) -> None:
    for kind in ("models", "candidates"):
        with pytest.raises(InputError, match=r"made-up\.yaml: no task asks for pareto; legal: studies: \[pareto\]"):
            gather(made_up, "pareto", kind)


def test_a_study_is_gathered_from_the_places_it_looks_at(made_up: Path) -> None:
    """Figure 6 from every device; the online search from the middle budget of the first."""
    asked = EXPERIMENT.replace("120ms", "50%") + "    studies: [online]\n"
    (made_up / "made-up.yaml").write_text(asked)
    task = made_up / "results" / "made-up" / "de-en"
    (task / "latency" / "this-cpu").mkdir(parents=True)
    (task / "latency" / "this-cpu" / "predictions.csv").write_text("measured_ms,predicted_ms\n1.5,2.5\n")
    (found,) = records(gather(made_up, "figure6", "predictions"))
    assert found == {"task": "de-en", "device": "this-cpu", "measured_ms": "1.5", "predicted_ms": "2.5"}
    facts = {"budget_ms": 12.0, "latency_ms": 11.0, "uncertainty_ms": 0.1, "doubtful": False}
    facts |= {"loss": 3.25, "measured": 7, "timed_seconds": 1.5}
    for search in ("online", "search"):
        folder = task / search / "this-cpu" / "p50"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "confirmed.json").write_text(json.dumps(facts))
    rows = records(gather(made_up, "online", "confirmed"))
    assert [(each["budget"], each["search"], each["measured"]) for each in rows] == [
        ("p50", "offline", ""),
        ("p50", "online", "7"),
    ]


def test_a_missing_result_is_named_and_nothing_written(made_up: Path) -> None:
    missing = made_up / "results/made-up/de-en/models/transformer-width-32/latency/this-cpu.json"
    missing.unlink()
    with pytest.raises(InputError, match="No such file") as caught:
        gather(made_up)
    assert str(missing.relative_to(made_up)) in str(caught.value)
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
    corpora = made_up / "results" / "corpora"
    (corpora / "multi30k.de-en").rename(corpora / "split")
    assert set(read_gathered(gather(made_up), "models")["bleu_kind"]) == {"compound-split"}


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
