"""What a person sees of a run: jobs that ended, the time left, and an error as the last line."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from hat_workflow import console
from hat_workflow.console import Console, seconds_of
from snakemake_interface_logger_plugins.common import LogEvent


def tell(to: Console, event: LogEvent, **facts: Any) -> None:
    to.emit(logging.makeLogRecord({"event": event, "msg": None, **facts}))


def start(to: Console, number: int, rule: str, log: str = "", **wildcards: str) -> None:
    tell(to, LogEvent.JOB_STARTED, jobs=[number])
    wildcards = {"experiment": "demo", **wildcards}
    tell(to, LogEvent.JOB_INFO, jobid=number, rule_name=rule, wildcards=wildcards, log=[log] if log else [])


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(console.time, "monotonic", lambda: now[0])
    return now


def test_a_line_for_each_job_that_ended_and_the_time_left(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    told = Console({"train": 3, "score": 3}, {"score": [10.0, 20.0]})
    start(told, 1, "train", task="t", model="hat-p50")
    start(told, 2, "train", task="t", model="largest")
    clock[0] += 60
    tell(told, LogEvent.JOB_FINISHED, job_id=1)
    clock[0] += 30
    tell(told, LogEvent.JOB_FINISHED, job_id=2)
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("] 1 of 6: train t hat-p50, 1:00; about 2:45 left")  # 2 x 60 s and 3 x 15 s, one at a time
    assert second.endswith("] 2 of 6: train t largest, 1:30; about 1:12 left")  # 75 s and 3 x 15 s, 150 s in 90 s


def test_jobs_of_an_unknown_rule_count_as_those_of_a_usual_one(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    told = Console({"train": 1, "score": 2, "table": 2}, {"train": [600.0], "draw": [2.0]})
    start(told, 1, "score", model="largest")
    clock[0] += 10
    tell(told, LogEvent.JOB_FINISHED, job_id=1)
    assert capsys.readouterr().err.rstrip().endswith("score largest, 0:10; about 10:30 left")  # 600 + 10 + 2 x 10 s


def test_no_time_is_guessed_from_a_few_jobs_of_another_kind(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    told = Console({"fetch": 1, "train": 3}, {})
    start(told, 1, "fetch", corpus="c")
    clock[0] += 1
    tell(told, LogEvent.JOB_FINISHED, job_id=1)
    assert capsys.readouterr().err.rstrip().endswith("] 1 of 4: fetch c, 0:01")


def test_errors_of_jobs_come_last_unless_they_went_through_in_the_end(
    tmp_path: Path, clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    logs = {name: tmp_path / name for name in ("bad", "again", "trace", "none")}
    logs["bad"].write_text("error: my.de: line 3: odd\nand more\n\n")
    logs["trace"].write_text("Traceback:\nKeyError: 'x'\n")
    told = Console({"train": 4}, {})
    for number, (name, log) in enumerate(logs.items()):
        start(told, number, "train", str(log), model=name)
        tell(told, LogEvent.JOB_ERROR, jobid=number, rule_name="train")
    start(told, 1, "train", str(logs["again"]), model="again")
    tell(told, LogEvent.JOB_FINISHED, job_id=1)
    capsys.readouterr()
    told.tell_errors()
    assert capsys.readouterr().err.splitlines() == [
        f"train bad failed, as {logs['bad']} tells:",
        "error: my.de: line 3: odd",
        f"train trace failed, as {logs['trace']} tells:",
        "KeyError: 'x'",
        f"train none failed, as {logs['none']} tells:",
        f"error: {logs['none']} is empty",
    ]


def test_what_runs_took_before(tmp_path: Path) -> None:
    for name, content in {
        "train/demo/a.jsonl": json.dumps({"s": 1.0}) + "\n" + json.dumps({"s": 2.5}),
        "train/demo/b.jsonl": json.dumps({"s": 3.0}),
        "budget.jsonl": json.dumps({"s": 4}),
        "score/half.jsonl": '{"s": ',
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    found = seconds_of(tmp_path)
    assert {rule: sorted(seconds) for rule, seconds in found.items()} == {"train": [2.5, 3.0], "budget": [4.0]}
