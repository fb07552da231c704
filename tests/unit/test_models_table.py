"""models.csv: gathered from what the rules wrote, and back from the file."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hat.architecture import DesignSpace
from hat.cost import count_flops, count_parameters
from hat.errors import InputError
from hat.files import read_csv
from hat.paper.models import ModelRow, model_row, panels, read_models, write_models
from hat.paper.table8 import table8

from tests.unit.paper_world import small_experiment


@pytest.fixture
def rows() -> list[ModelRow]:
    return small_experiment()


def test_models_survive_the_csv(tmp_path: Path, rows: list[ModelRow]) -> None:
    write_models(tmp_path / "models.csv", rows)
    assert read_models(tmp_path / "models.csv") == rows


@pytest.mark.parametrize(
    ("column", "cell", "told"),
    [
        ("latency_ms", "fast", "line 2: latency_ms: 'fast'; legal: a number"),
        ("parameters", "1.5", "line 2: parameters: '1.5'; legal: a whole number"),
        ("fits", "maybe", "line 2: fits: 'maybe'; legal: true, false"),
        ("flops", "", "line 2: flops: ''"),
    ],
)
def test_an_illegal_cell_is_named(tmp_path: Path, rows: list[ModelRow], column: str, cell: str, told: str) -> None:
    write_models(tmp_path / "models.csv", rows)
    with open(tmp_path / "models.csv", newline="") as stream:
        records = list(csv.DictReader(stream))
    records[0][column] = cell
    with open(tmp_path / "models.csv", "w", newline="") as stream:
        writer = csv.DictWriter(stream, records[0])
        writer.writeheader()
        writer.writerows(records)
    with pytest.raises(InputError) as caught:
        read_models(tmp_path / "models.csv")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [("a,b\n", "no rows"), ("a\n1\n", "missing column 'b'"), ("a,b\n1,2\n3\n", "line 3: not 2 cells")],
)
def test_broken_csv(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(InputError, match=told):
        read_csv(tmp_path / "x.csv", ["a", "b"])


def test_missing_csv_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.csv"):
        read_models(tmp_path / "absent.csv")


def test_panels_put_hat_first_and_sort_by_latency(rows: list[ModelRow]) -> None:
    other = dataclasses.replace(rows[0], hardware="gpu")
    (task, hardware, first), (_, second_hardware, second) = panels([*rows, other])
    assert (task, hardware, second_hardware) == ("multi30k.de-en", "this_cpu", "gpu")
    names = [
        "hat-this_cpu-25%",
        "hat-this_cpu-75%",
        "transformer-depth-1",
        "transformer-depth-4",
        "transformer-width-64",
    ]
    assert [each.model for each in first] == names
    assert second == [other]


@pytest.fixture
def files(tmp_path: Path, tiny_space: DesignSpace) -> dict[str, Path]:
    """What the rules of one HAT model write."""
    folder = tmp_path / "results" / "x" / "task"
    folder.mkdir(parents=True)
    tiny_space.largest.save(folder / "architecture.yaml")
    names = ("tokenized_bleu", "compound_split_bleu", "sacrebleu", "chrf2")
    contents = {
        "score": {
            **{name: 30.0 + number for number, name in enumerate(names)},
            "confidence": {name: {"mean": 30.0, "half_width": 1.0 + number} for number, name in enumerate(names)},
            "signatures": {name: f"signature of {name}" for name in names},
            "sentences": 500,
        },
        "latency": {
            "latency_ms": 9.5,
            "p50_ms": 9.4,
            "p90_ms": 10.5,
            "drift": 1.05,
            "signature": {"device": "this-cpu", "beam": 5, "sentence_length": 11, "anchor": tiny_space.largest.key},
        },
        "confirmed": {"budget": "p25", "budget_ms": 10.0, "predicted_ms": 9.9, "rank": 3, "fits": True},
        "report": {"updates": 800, "best_valid_loss": 3.25, "seconds": 61.5},
    }
    for name, content in contents.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return {"architecture": folder / "architecture.yaml"} | {name: folder / f"{name}.json" for name in contents}


def gathered(files: dict[str, Path], root: Path, **changes: Any) -> ModelRow:
    facts: dict[str, Any] = {"task": "task", "hardware": "this-cpu", "model": "hat-this-cpu-p25", "family": "hat"}
    facts |= {"budget": "25%", "bleu_kind": "tokenized", "sentence_length": 11, "predicted_ms": None}
    facts |= {"base": None}
    return model_row(**{**facts, **files, "root": root, **changes})


def test_a_row_gathers_its_files(tmp_path: Path, files: dict[str, Path], tiny_space: DesignSpace) -> None:
    found = gathered(files, tmp_path)
    assert found.parameters == count_parameters(tiny_space.largest)
    assert found.flops == count_flops(tiny_space.largest, 11)
    assert (found.latency_ms, found.budget_ms, found.predicted_ms, found.fits) == (9.5, 10.0, 9.9, True)
    assert (found.bleu, found.bleu_half_width, found.sacrebleu, found.sacrebleu_half_width) == (30.0, 1.0, 32.0, 3.0)
    assert (found.rank, found.drift) == (3, 1.05)
    anchor = hashlib.sha256(tiny_space.largest.key.encode()).hexdigest()[:8]
    assert found.latency_signature == f"device:this-cpu|beam:5|sentence_length:11|anchor:{anchor}"
    assert found.bleu_signature == "signature of tokenized_bleu"
    assert (found.updates, found.valid_loss, found.training_seconds, found.bits) == (800, 3.25, 61.5, None)
    assert found.score_file == "results/x/task/score.json"
    assert found.confirmed_file == "results/x/task/confirmed.json"


def test_wmt_reports_compound_split_bleu(tmp_path: Path, files: dict[str, Path]) -> None:
    found = gathered(files, tmp_path, bleu_kind="compound-split")
    assert (found.bleu, found.bleu_half_width) == (31.0, 2.0)
    assert found.bleu_signature == "signature of compound_split_bleu"


@pytest.mark.parametrize("fits", [True, False])
def test_whether_a_budget_is_kept_was_found_when_the_model_was_chosen(
    tmp_path: Path, files: dict[str, Path], fits: bool
) -> None:
    """Not by comparing with the latency of the table, which is measured anew."""
    files["confirmed"].write_text(json.dumps({"budget_ms": 9.5, "predicted_ms": 8.9, "rank": 1, "fits": fits}))
    assert gathered(files, tmp_path).fits is fits


def test_what_is_not_at_hand_is_predicted_and_what_is_published_stands_apart(
    tmp_path: Path, files: dict[str, Path]
) -> None:
    """A model of the release, on a device that is not at hand, where nothing is trained."""
    facts: dict[str, Any] = {"family": "given", "budget": None, "confirmed": None, "score": None, "latency": None}
    facts |= {"task": "wmt14.en-de", "hardware": "raspberrypi", "model": "wmt14.en-de-raspberrypi-3.5s"}
    found = gathered(files, tmp_path, **facts, predicted_ms=3600.0)
    assert (found.latency_ms, found.predicted_ms, found.bleu, found.sentences) == (None, 3600.0, None, None)
    published = (found.published_latency_ms, found.published_params_m, found.published_flops_g, found.published_bleu)
    assert published == (3500.0, 25.22, 1.53, 25.8)
    table = table8([found, dataclasses.replace(found, published_bleu=None, model="another")])
    assert "Latency" not in table.columns
    assert "BLEU" not in table.columns
    shown = [dict(zip(table.columns, row, strict=True)) for row in table.groups[0]]
    assert [row["Predicted latency"] for row in shown] == ["3.60 s"] * 2
    assert [row["Published BLEU"] for row in shown] == ["25.8", "–"]
    assert "nothing was measured here" in table.markdown()


def test_a_search_meets_the_published_model_of_its_constraint(tmp_path: Path, files: dict[str, Path]) -> None:
    choice = {"budget_ms": 91.2, "predicted_ms": 90.0, "rank": 1, "fits": None}
    files["confirmed"].write_text(json.dumps(choice))
    place = {"task": "wmt14.en-de", "hardware": "titanxp"}
    assert gathered(files, tmp_path, **place, latency=None).published_bleu == 27.6
    assert gathered(files, tmp_path, **place | {"hardware": "xeon"}, latency=None).published_bleu is None


def test_a_baseline_has_no_budget(tmp_path: Path, files: dict[str, Path]) -> None:
    found = gathered(files, tmp_path, family="depth", budget=None, confirmed=None)
    assert (found.budget_ms, found.predicted_ms, found.fits, found.rank, found.confirmed_file) == (None,) * 5


@pytest.mark.parametrize("name", ["architecture", "score", "latency", "confirmed"])
def test_a_missing_file_is_named(tmp_path: Path, files: dict[str, Path], name: str) -> None:
    files[name].unlink()
    with pytest.raises(InputError) as caught:
        gathered(files, tmp_path)
    assert str(files[name]) in str(caught.value)


@pytest.mark.parametrize(("name", "key"), [("score", "sacrebleu"), ("latency", "drift"), ("confirmed", "rank")])
def test_a_missing_key_is_named(tmp_path: Path, files: dict[str, Path], name: str, key: str) -> None:
    record = json.loads(files[name].read_text())
    del record[key]
    files[name].write_text(json.dumps(record))
    with pytest.raises(InputError, match=f"missing key '{key}'") as caught:
        gathered(files, tmp_path)
    assert str(files[name]) in str(caught.value)
