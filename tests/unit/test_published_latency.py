"""Published latency data: read as it was released, its drift found, left out by a predictor, studied."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import fetch_latency
import fit_predictor
import pytest
import study_predictor
from hat.architecture import FEATURE_NAMES
from hat.errors import InputError
from hat.files import file_digest, read_csv, write_yaml
from hat.predictor import fitting
from hat.predictor.drift import Stretch
from hat.predictor.fitting import Split
from hat.predictor.measurements import read_measurements
from hat.predictor.published import PublishedSamples
from hat.predictor.studying import planned_fits, study
from hat_workflow.arguments import timing

from tests.unit.latency_world import SPACE
from tests.unit.published_world import published_rows, write_published

SLOW = [(0, 40, 1.3), (200, 230, 1.2), (300, 305, 1.3)]  # the last is too short to be told from chance
DATA_SETS = "hat/latency_dataset"


@pytest.fixture(scope="module")
def data_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("published") / "task_device_all.csv"
    return write_published(path, published_rows(SPACE, 400, SLOW))


@pytest.fixture
def device(tmp_path: Path, data_set: Path) -> Path:
    """A device that is not at hand, and a space file."""
    write_yaml(tmp_path / "space.yaml", SPACE.to_dict())
    entry = {"url": str(data_set), "sha256": file_digest(data_set)}
    write_yaml(tmp_path / "far.yaml", {"published": {"task": entry}})
    return tmp_path / "far.yaml"


def fetched(device: Path) -> Path:
    words = ["--device", device, "--task", "task", "--downloads", device.parent / "downloads"]
    words += ["--output", device.parent / "samples.csv", "--signature", device.parent / "signature.json"]
    fetch_latency.main(fetch_latency.parser().parse_args([*map(str, words)]))
    return device.parent / "samples.csv"


def test_stretches_are_found_with_their_shift(data_set: Path) -> None:
    samples = PublishedSamples.load(data_set)
    assert [(stretch.first, stretch.last) for stretch in samples.stretches] == [(0, 40), (200, 230)]
    assert [round(stretch.shift, 1) for stretch in samples.stretches] == [1.3, 1.2]
    drift = samples.frame["drift"]
    assert (drift[:41] == samples.stretches[0].shift).all()
    assert (drift != 1).sum() == 41 + 31


def test_a_steady_series_has_no_stretch(tmp_path: Path) -> None:
    path = write_published(tmp_path / "steady.csv", published_rows(SPACE, 300, noise=0.03))
    assert list(PublishedSamples.load(path).stretches) == []


FOUND = {
    "wmt14ende_cpu_raspberrypi": [(0, 121, 1.42)],
    "wmt14ende_gpu_titanxp": [(0, 13, 1.22), (1263, 1499, 1.24)],
    "wmt14enfr_cpu_raspberrypi": [],
    "wmt14enfr_gpu_titanxp": [(1991, 1999, 1.23)],
    "wmt19ende_gpu_titanxp": [(532, 741, 1.25), (961, 999, 1.22)],
    "iwslt14deen_gpu_titanxp": [(24, 356, 1.25), (429, 487, 1.22)],
}
MIRROR = Path(os.environ.get("HAT_MIRROR", "")) / DATA_SETS


@pytest.mark.skipif("HAT_MIRROR" not in os.environ, reason="the published data sets are not part of the repository")
@pytest.mark.parametrize("name", FOUND)
def test_the_stretches_of_the_published_data_sets(name: str) -> None:
    found = PublishedSamples.load(MIRROR / f"{name}_all.csv").stretches
    assert [(stretch.first, stretch.last, round(stretch.shift, 2)) for stretch in found] == FOUND[name]


@pytest.mark.skipif("HAT_MIRROR" not in os.environ, reason="the published data sets are not part of the repository")
@pytest.mark.parametrize(("task", "blips"), [("wmt14ende", 9), ("wmt14enfr", 1)])
def test_the_short_blips_of_the_xeon(task: str, blips: int) -> None:
    found = PublishedSamples.load(MIRROR / f"{task}_cpu_xeon_all.csv").stretches
    assert len(found) == blips
    assert all(stretch.last - stretch.first < 40 and abs(stretch.shift - 1) < 0.13 for stretch in found)


def test_what_is_fetched_has_our_names_and_tells_where_it_is_from(device: Path, data_set: Path) -> None:
    rows = read_csv(fetched(device), (*FEATURE_NAMES, "encoder_ms", "decoder_ms", "latency_ms", "drift", "order"))
    assert len(rows) == 400
    first = rows[0]
    assert float(first["latency_ms"]) == pytest.approx(
        float(first["encoder_ms"]) + float(first["decoder_ms"]), abs=1e-5
    )
    facts = json.loads((device.parent / "signature.json").read_text())
    assert list(facts.items())[:2] == [("task", "task"), ("device", "far")]
    assert (facts["from"], facts["sha256"]) == (str(data_set), file_digest(data_set))
    assert (facts["samples"], facts["drifted"]) == (400, 72)
    assert [Stretch(**stretch).first for stretch in facts["stretches"]] == [0, 200]


def test_the_mirror_is_looked_up_first(device: Path, data_set: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {"url": f"http://localhost:9/{data_set.name}", "sha256": file_digest(data_set)}
    write_yaml(device, {"published": {"task": entry}})
    folder = device.parent / DATA_SETS
    folder.mkdir(parents=True)
    (folder / data_set.name).write_bytes(data_set.read_bytes())
    monkeypatch.setenv("HAT_MIRROR", str(device.parent))
    fetched(device)
    assert json.loads((device.parent / "signature.json").read_text())["from"] == str(folder / data_set.name)


def test_a_task_without_published_latencies_is_named(device: Path) -> None:
    words = ["--device", device, "--task", "tsk", "--downloads", "x", "--output", "y", "--signature", "z"]
    with pytest.raises(InputError, match=r"no published latencies for 'tsk'; legal: task \(did you mean 'task'\?\)"):
        fetch_latency.main(fetch_latency.parser().parse_args([*map(str, words)]))


@pytest.mark.parametrize(
    ("column", "cell", "line"),
    [
        (12, "fast", "line 3: latency_std_encoder: 'fast'; legal: a finite number, at least 0"),
        (0, -1, "line 3: encoder_embed_dim: '-1'; legal: a finite number, at least 0"),
        (11, "nan", "line 3: latency_mean_decoder: 'nan'; legal: a finite number, at least 0"),
    ],
)
def test_cells_that_are_no_numbers_are_named(tmp_path: Path, column: int, cell: object, line: str) -> None:
    rows: list[list[object]] = [list(row) for row in published_rows(SPACE, 20)]
    rows[1][column] = cell
    write_published(tmp_path / "data.csv", rows)  # type: ignore[arg-type]
    with pytest.raises(InputError) as caught:
        PublishedSamples.load(tmp_path / "data.csv")
    assert str(caught.value) == f"{tmp_path}/data.csv: {line}"


def test_a_predictor_leaves_drifted_rows_out_and_is_better_for_it(
    device: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "STEPS", 200)
    samples = fetched(device)
    places = {"predictor": "predictor.pt", "report": "predictor.json", "predictions": "predictions.csv"}
    words = ["--task", "task", "--device-name", "far", "--samples", samples]
    words += ["--space", device.parent / "space.yaml", "--seed", 0]
    for flag, name in places.items():
        words += [f"--{flag}", device.parent / name]
    fit_predictor.main(fit_predictor.parser().parse_args([*map(str, words)]))
    report = json.loads((device.parent / "predictor.json").read_text())
    assert (report["samples"], report["left_out"]) == (328, 72)
    data = read_measurements(samples, SPACE, "space")
    trials = list(study(data, SPACE.feature_maxima(), split_seed=0, seeds=[0]))
    assert len(trials) == 2 * planned_fits(data, [0])
    steady = [trial for trial in trials if trial.rows == "steady" and trial.chosen]
    dirty = [trial for trial in trials if trial.rows == "all" and trial.train == 360]
    assert steady[0].rmse_ms < 0.3 * min(trial.rmse_ms for trial in dirty if trial.chosen)
    assert {trial.linear_layers for trial in dirty} == {1, 3, 5}
    assert {trial.train for trial in trials if trial.rows == "all"} == {100, 200, 360}
    asked = {(trial.linear_layers, trial.train) for trial in trials if trial.chosen is not None}
    assert asked == {(3, 360), (3, len(Split.draw(328, 0).learn))}


def test_a_study_is_a_row_for_each_trial_with_whose_it_is(device: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "STEPS", 50)
    words = ["--task", "task", "--device-name", "far", "--samples", fetched(device)]
    words += ["--space", device.parent / "space.yaml", "--seeds", 1, "--output", device.parent / "study.csv"]
    study_predictor.main(study_predictor.parser().parse_args([*map(str, words)]))
    rows = read_csv(device.parent / "study.csv")
    identity = ["task", "device", "rows", "model", "linear_layers", "train", "seed", "chosen"]
    assert list(rows[0]) == [*identity, "rmse_ms", "mape", "kendall_tau"]
    assert {(row["task"], row["device"]) for row in rows} == {("task", "far")}
    data = read_measurements(device.parent / "samples.csv", SPACE, "space")
    trials = list(study(data, SPACE.feature_maxima(), split_seed=0, seeds=[0]))
    assert [(row["rows"], row["model"], float(row["rmse_ms"])) for row in rows] == [
        (trial.rows, trial.model, trial.rmse_ms) for trial in trials
    ]
    told = {None: "", True: "true", False: "false"}
    assert [row["chosen"] for row in rows] == [told[trial.chosen] for trial in trials]


def test_a_device_that_is_not_at_hand_is_not_measured(device: Path) -> None:
    words = ["--task", "a-b", "--device", device, "--statistics", "none.json"]
    parser = argparse.ArgumentParser()
    timing.add_arguments(parser, runs=1)
    with pytest.raises(InputError, match="not at hand, its latencies are published"):
        timing.bench(parser.parse_args([*map(str, words)]), SPACE.smallest)
