from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hat.errors import InputError
from hat.latency.signature import NUMBERS, Latency, Signature, checkout_commit, common_signature

from tests.unit.latency_world import SIGNATURE, latency


def test_a_latency_survives_its_numbers() -> None:
    original = latency(20.0)
    assert tuple(original.numbers()) == NUMBERS
    assert original.numbers()["latency_ms"] == 20.0
    assert Latency.from_numbers(original.numbers(), SIGNATURE) == original


def test_a_latency_at_another_speed_is_as_if_measured_there() -> None:
    """The machine took 1.5 times as long for everything: at the device's speed nothing of it is left."""
    slow = latency(30.0, anchor_ms=10.5)
    assert slow.drift == 1.0
    found = slow.at(7.0)
    assert found.drift == pytest.approx(1.5)
    assert (found.latency_ms, found.encoder_ms, found.p50_ms) == pytest.approx((20.0, 2.0, 20.0))
    assert found.p90_ms == pytest.approx(22.0)
    assert (found.encoder_std_ms, found.uncertainty_ms) == pytest.approx((0.01 / 1.5, 0.05 / 1.5))
    assert found.anchor_ms == 10.5


def test_bringing_to_a_speed_twice_is_bringing_to_the_second() -> None:
    raw = latency(30.0, anchor_ms=10.5)
    assert raw.at(3.0).at(7.0).numbers() == pytest.approx(raw.at(7.0).numbers())


def test_a_signature_survives_its_record() -> None:
    assert Signature.from_dict(SIGNATURE.to_dict()) == SIGNATURE


@pytest.mark.parametrize("record", [None, {}, {"threads": 1}, SIGNATURE.to_dict() | {"colour": "red"}])
def test_what_is_no_signature_is_refused(record: Any) -> None:
    with pytest.raises(InputError, match="a file: not a latency signature"):
        Signature.from_dict(record, "a file")


def test_measurements_compare_when_all_but_the_commit_agrees() -> None:
    commits = [replace(SIGNATURE, commit=commit) for commit in ("b", "a", None)]
    assert common_signature(commits, ["0", "1", "2"]) == replace(SIGNATURE, commit="a,b")
    assert common_signature([SIGNATURE, SIGNATURE], ["0", "1"]) == SIGNATURE


@pytest.mark.parametrize(
    "change",
    [
        {"device": "x"},
        {"engine": "x"},
        {"processor": "x"},
        {"dtype": "x"},
        {"threads": 9},
        {"beam": 9},
        {"sentence_length": 9},
        {"target_vocabulary": 9},
        {"runs": 9},
    ],
)
def test_measurements_made_differently_do_not_compare(change: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=rf"^1\.json: {next(iter(change))} is .* in 0\.json"):
        common_signature([SIGNATURE, replace(SIGNATURE, **change)], ["0.json", "1.json"])


def test_commit_of_a_checkout(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        names = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
        command = ["git", "-C", str(tmp_path), *names, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    assert checkout_commit(tmp_path) is None
    git("init", "-q")
    assert checkout_commit(tmp_path) is None
    (tmp_path / "file").write_text("1")
    git("add", "file")
    git("commit", "-qm", "first")
    commit = git("rev-parse", "HEAD")
    assert checkout_commit(tmp_path) == commit
    (tmp_path / "file").write_text("2")
    assert checkout_commit(tmp_path) == f"{commit}-dirty"
    copy = tmp_path / "copy"
    (copy / "workflow_scripts").mkdir(parents=True)
    assert checkout_commit(copy) is None, "the repository around a copy is another project's"
    (copy / "workflow_scripts" / "commit.txt").write_text("$Format:%H$\n")
    assert checkout_commit(copy) is None
    (copy / "workflow_scripts" / "commit.txt").write_text(f"{commit}\n")
    assert checkout_commit(copy) == commit
