"""The latency commands, one after the other as the workflow runs them, on a tiny space."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path
from types import ModuleType
from typing import Any

import collect_latency
import confirm_subtransformer
import fit_predictor
import measure_anchor
import measure_model
import merge_latency
import profile_latency
import pytest
import resolve_budgets
from hat.architecture import SubTransformer
from hat.errors import InputError
from hat.files import write_json, write_yaml
from hat.latency.choosing import choose_samples
from hat.latency.device_signature import DeviceSignature
from hat.latency.samples import read_samples
from hat.predictor import fitting
from hat.predictor.model import Predictor
from hat.search.tables import RankedCandidate, write_candidates
from hat_workflow import command

from tests.unit.latency_world import SIGNATURE, SPACE

SCRIPTS = Path(collect_latency.__file__).parent
NAMES = {"task": "tiny", "device": "bench"}
STATISTICS = {"dictionary": "joint", "source_vocabulary": 20, "target_vocabulary": 20, "sentence_length": 3}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fitting, "STEPS", 50)
    write_yaml("space.yaml", SPACE.to_dict())
    write_yaml("bench.yaml", {"threads": 1})
    write_json("statistics.json", STATISTICS)
    words = ("--task", "tiny", "--space", "space.yaml", "--device", "bench.yaml", "--statistics", "statistics.json")
    run(measure_anchor, *words, "--runs", 2, "--signature", "signature.json")
    return tmp_path


def run(module: ModuleType, *words: object) -> None:
    args: Namespace = module.parser().parse_args([str(word) for word in words])
    module.main(args)


def collect_words(shard: int, shards: int, samples: int) -> list[object]:
    return [
        *(
            "--task",
            "tiny",
            "--space",
            "space.yaml",
            "--device",
            "bench.yaml",
            "--statistics",
            "statistics.json",
            "--samples",
            samples,
        ),
        *("--runs", 2, "--shard", shard, "--shards", shards, "--rolling", "rolling"),
        *("--output", f"shards/{shard}.csv", "--signature", "signature.json"),
    ]


def read(path: str) -> Any:
    return json.loads(Path(path).read_text())


def merge(*shards: int) -> None:
    run(
        merge_latency,
        *("--shards", *(f"shards/{shard}.csv" for shard in shards)),
        *("--output", "samples.csv"),
    )


def test_from_samples_to_a_confirmed_subtransformer(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for shard in (0, 1):
        run(collect_latency, *collect_words(shard, 2, 30))
    merge(0, 1)
    samples = read_samples("samples.csv")
    assert len({sample.sub for sample in samples}) == 30
    assert all(sample.sub in SPACE for sample in samples)
    signature = read("signature.json")
    assert list(signature.items())[:2] == [("task", "tiny"), ("device", "bench")]
    assert signature["signature"]["device"] == "bench"
    assert signature["signature"]["sentence_length"] == 3

    out = ("--predictor", "predictor.pt", "--report", "predictor.json")
    whose = ("--task", "any.de-en", "--device-name", "bench")
    words = ("--samples", "samples.csv", "--space", "space.yaml", *out, "--predictions", "predictions.csv")
    run(fit_predictor, *whose, *words)
    report = read("predictor.json")
    assert list(report.items())[:2] == [("task", "any.de-en"), ("device", "bench")]
    assert (report["samples"], report["chosen"] in report["models"]) == (30, True)
    with open("predictions.csv") as stream:
        predictions = list(csv.DictReader(stream))
    assert len(predictions) == 3
    assert list(predictions[0]) == ["task", "device", "measured_ms", "predicted_ms", "mlp_ms", "ridge_ms"]
    assert {(row["task"], row["device"]) for row in predictions} == {("any.de-en", "bench")}

    run(fit_predictor, *whose, *words, "--sources", "predictor.pt", "predictor.pt")
    assert list(read("predictor.json")["models"]) == ["mlp", "ridge", "transfer"]

    report["models"][report["chosen"]]["test"]["rmse_ms"] = 0.0  # three test samples of a noisy machine say little
    write_json("predictor.json", report)
    run(
        resolve_budgets,
        *whose,
        *out,
        "--space",
        "space.yaml",
        "--budgets",
        "50%",
        "90000ms",
        "--budget",
        "p50",
        "--output",
        "budgets.json",
    )
    wide = ("--budgets", "50%", "90s", "--budget", "90000ms", "--output", "wide.json")
    run(resolve_budgets, *whose, *out, "--space", "space.yaml", *wide)
    assert "budget 90s: above the slowest model of this space on bench (" in capsys.readouterr().err
    budgets = read("budgets.json")
    assert budgets["budgets"]["p50"]["latency_ms"] == pytest.approx((budgets["fastest_ms"] + budgets["slowest_ms"]) / 2)
    other = ("--output", "other.json")
    with pytest.raises(InputError, match="beyond the slowest model"):
        run(resolve_budgets, *whose, *out, "--space", "space.yaml", "--budgets", "101%", "--budget", "p101", *other)
    assert not Path("other.json").exists()

    predicted = Predictor.load("predictor.pt").predict_ms([SPACE.smallest, SPACE.maximum])
    pairs = enumerate(zip([SPACE.smallest, SPACE.maximum], predicted, strict=True), start=1)
    ranks = [RankedCandidate(rank=rank, loss=5.0, predicted_ms=ms, sub=sub) for rank, (sub, ms) in pairs]
    write_candidates("candidates.csv", ranks, {})
    where = ("--device", "bench.yaml", "--statistics", "statistics.json", "--runs", 3, "--signature", "signature.json")
    where = (*where, "--task", "tiny")
    results = ("--subtransformer", "subtransformer.yaml", "--report", "confirmed.json")
    write_json("budgets.json", {"budgets": {"90000ms": {"text": "90000ms", "latency_ms": 90000.0}}})
    budget = ("--budgets", "budgets.json", "--budget", "90000ms")
    run(confirm_subtransformer, "--candidates", "candidates.csv", *where, *budget, *results)
    assert SubTransformer.load("subtransformer.yaml") == SPACE.smallest
    confirmed = read("confirmed.json")
    assert list(confirmed.items())[:4] == [*NAMES.items(), ("budget", "90000ms"), ("budget_ms", 90000.0)]
    assert confirmed["rank"] == 1
    assert (confirmed["fits"], len(confirmed["tried"])) == (True, 1)
    write_json("budgets.json", {"budgets": {"90000ms": {"latency_ms": -90000.0}}})
    run(confirm_subtransformer, "--candidates", "candidates.csv", *where, *budget, *results, "--at-most", 1)
    confirmed = read("confirmed.json")
    assert (confirmed["fits"], len(confirmed["tried"]), confirmed["gave_up_after"]) == (False, 1, 1)

    run(
        measure_model,
        "--architecture",
        "subtransformer.yaml",
        "--model",
        "hat",
        *where,
        "--output",
        "latency/bench.json",
    )
    measured = read("latency/bench.json")
    assert list(measured.items())[:3] == [("task", "tiny"), ("model", "hat"), ("device", "bench")]
    assert measured["latency_ms"] == pytest.approx(measured["encoder_ms"] + measured["decoder_ms"], abs=2e-6)
    assert (measured["signature"]["sentence_length"], measured["signature"]["runs"]) == (3, 3)
    assert measured["drift"] == pytest.approx(measured["anchor_ms"] / signature["anchor_ms"], rel=1e-4)

    other = (
        "--architecture",
        "subtransformer.yaml",
        "--model",
        "hat",
        *where,
        "--sentence-length",
        7,
        "--output",
        "other.json",
    )
    with pytest.raises(InputError, match=r"this measurement: sentence_length is 7, but 3 in signature\.json"):
        run(measure_model, *other)
    assert not Path("other.json").exists()


def test_killed_for_real_and_resumed(place: Path) -> None:
    words = [str(word) for word in collect_words(0, 1, 40)]
    process = subprocess.Popen(
        [sys.executable, str(SCRIPTS / "collect_latency.py"), *words],
        stderr=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not len(log_lines(place)) >= 8:
            time.sleep(0.005)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    before = log_lines(place)
    assert len(before) >= 8
    run(collect_latency, *words)
    after = log_lines(place)
    assert after[: len(before) - 1] == before[:-1]
    assert len(read_samples("shards/0.csv")) == 40
    size = len(after)
    run(collect_latency, *words)
    assert len(log_lines(place)) == size


def test_more_samples_keep_those_that_were_measured(place: Path) -> None:
    run(collect_latency, *collect_words(1, 2, 20))
    first, shard = log_lines(place), Path("shards/1.csv").read_bytes()
    assert len(first) == 10
    run(collect_latency, *collect_words(1, 2, 30))
    assert log_lines(place)[:10] == first
    assert len(log_lines(place)) == 15
    assert [sample.sub for sample in read_samples("shards/1.csv")] == choose_samples(SPACE, 1, 30)[1::2]
    run(collect_latency, *collect_words(1, 2, 20))
    assert len(log_lines(place)) == 15
    assert Path("shards/1.csv").read_bytes() == shard


def log_lines(place: Path) -> list[str]:
    logs = list(place.glob("rolling/*/log.jsonl"))
    return logs[0].read_text().splitlines() if logs else []


def test_a_shard_of_another_machine_is_refused(place: Path) -> None:
    record = read("signature.json")
    write_json("signature.json", record | {"signature": record["signature"] | {"processor": "another"}})
    with pytest.raises(InputError, match=r"this measurement: processor is .*, but 'another' in signature\.json"):
        run(collect_latency, *collect_words(0, 1, 2))
    write_json("signature.json", record | {"task": "other"})
    with pytest.raises(InputError, match=r"signature\.json: task is 'other'; legal: 'tiny', as --task says"):
        run(collect_latency, *collect_words(0, 1, 2))
    write_json("signature.json", record | {"anchor_ms": 0})
    with pytest.raises(InputError, match=r"signature\.json: anchor_ms: 0\.0; legal: above zero"):
        run(collect_latency, *collect_words(0, 1, 2))
    write_json("signature.json", {})
    with pytest.raises(InputError, match=r"signature\.json: missing key 'signature'"):
        run(collect_latency, *collect_words(0, 1, 2))
    assert not Path("shards").exists()


def test_a_signature_of_before_names_no_task(place: Path) -> None:
    record = read("signature.json")
    write_json("signature.json", {name: value for name, value in record.items() if name not in NAMES})
    assert DeviceSignature.load("signature.json").task is None
    run(collect_latency, *collect_words(0, 1, 2))


def test_a_profile_names_its_task_and_device(place: Path) -> None:
    words = ("--space", "space.yaml", "--device", "bench.yaml", "--statistics", "statistics.json", "--runs", 2)
    run(profile_latency, *words, "--task", "tiny", "--signature", "signature.json", "--output", "profile.csv")
    with open("profile.csv") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0])[:4] == ["task", "device", "dimension", "value"]
    assert {(row["task"], row["device"]) for row in rows} == {("tiny", "bench")}


def test_all_shards_are_brought_to_the_own_speed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = read("signature.json")
    write_json("signature.json", record | {"anchor_ms": 0.01})
    for shard in (0, 1):
        run(collect_latency, *collect_words(shard, 2, 2))
    merge(0, 1)
    assert "latency: speed off by over 5% for 2 of 2 samples, corrected" in capsys.readouterr().err
    for sample in read_samples("samples.csv"):
        assert sample.numbers["drift"] == pytest.approx(sample.numbers["anchor_ms"] / 0.01, rel=1e-3)


@pytest.mark.parametrize(("shard", "shards", "samples"), [(2, 2, 10), (-1, 2, 10), (0, 11, 10)])
def test_a_shard_that_does_not_exist_is_refused(place: Path, shard: int, shards: int, samples: int) -> None:
    with pytest.raises(InputError, match="--shard"):
        run(collect_latency, *collect_words(shard, shards, samples))


def test_a_misspelt_device_is_refused_with_one_line_and_status_2(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    DeviceSignature(signature=SIGNATURE, anchor_ms=7.0).save("r.json")
    words = "--architecture a.yaml --task t --model m --device this-cpuu --statistics statistics.json"
    words += " --signature r.json --output o.json"
    monkeypatch.setattr(sys, "argv", ["measure_model.py", *words.split()])
    with pytest.raises(SystemExit) as ended:
        command.run(measure_model.parser(), measure_model.main)
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "unknown device 'this-cpuu'" in told
    assert "did you mean 'this-cpu'?" in told


def test_samples_of_another_space_are_refused(place: Path) -> None:
    run(collect_latency, *collect_words(0, 1, 12))
    write_yaml("other.yaml", {**SPACE.to_dict(), "decoder_embed_dim": [4, 8]})
    words = ("--samples", "shards/0.csv", "--space", "other.yaml", "--predictor", "p.pt", "--report", "p.json")
    with pytest.raises(InputError, match=r"shards/0\.csv: line \d+: not in the design space other.yaml"):
        run(fit_predictor, "--task", "t", "--device-name", "d", *words, "--predictions", "p.csv")
    assert not Path("p.pt").exists()
