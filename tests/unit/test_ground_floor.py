"""Errors, files, progress, rolling folders and how a command ends."""

from __future__ import annotations

import argparse
import errno
import hashlib
import json
import multiprocessing
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hat import progress
from hat.errors import InputError, nearest
from hat.files import (
    JsonFile,
    digest,
    file_digest,
    read_json,
    read_text,
    read_yaml,
    replacing,
    write_json,
    write_text,
    write_yaml,
)
from hat.progress import Progress
from hat.rolling import rolling_folder
from hat_workflow import command

FORK = multiprocessing.get_context("fork")


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _fail_half_way(path: Path, error: type[BaseException]) -> None:
    with replacing(path) as temporary:
        temporary.write_text("half")
        raise error


def test_an_input_error_is_one_line() -> None:
    assert str(InputError("f.yaml", "wrong")) == "f.yaml: wrong"
    assert str(InputError(Path("f.yaml"), "two\n lines", "a,\n\tb")) == "f.yaml: two lines; legal: a, b"


def test_the_nearest_word_is_named() -> None:
    assert nearest("sead", ["steps", "seed"]) == "seed, steps (did you mean 'seed'?)"
    assert nearest("zzz", ["steps", "seed"]) == "seed, steps"
    assert nearest("x", []) == ""


def test_replacing_writes_whole_and_makes_folders(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "out.json"
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
        assert temporary.suffix == ".json"
    assert path.read_text() == "new"
    assert _names(path.parent) == ["out.json"]
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_replacing_leaves_nothing_after_an_exception(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "out.txt"
    with pytest.raises(error):
        _fail_half_way(path, error)
    assert _names(tmp_path) == []
    path.write_text("old")
    with pytest.raises(error):
        _fail_half_way(path, error)
    assert _names(tmp_path) == ["out.txt"]
    assert path.read_text() == "old"


def test_replacing_a_block_that_moved_its_file_away_fails_and_keeps_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")
    with pytest.raises(FileNotFoundError), replacing(path) as temporary:
        temporary.unlink()
    assert path.read_text() == "old"


def test_texts_round_trip(tmp_path: Path) -> None:
    value = {"ü": [1, 2.5, None, True], "nested": {"b": "ß"}}
    write_json(tmp_path / "a.json", value)
    write_yaml(tmp_path / "a.yaml", value)
    write_text(tmp_path / "a.txt", "Größe\n")
    assert read_json(tmp_path / "a.json") == read_yaml(tmp_path / "a.yaml") == value
    assert read_text(tmp_path / "a.txt") == "Größe\n"
    assert "ü" in (tmp_path / "a.json").read_text(encoding="utf-8")
    assert (tmp_path / "a.json").read_text().endswith("}\n")


def test_json_has_no_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"loss": float("nan")})
    assert _names(tmp_path) == []


@pytest.mark.parametrize(
    ("read", "content", "line"),
    [
        (read_text, None, "No such file or directory; legal: a readable file"),
        (read_text, b"ab\xff", "not UTF-8 at byte 2; legal: UTF-8 text"),
        (read_json, b'{\n"a": }', "line 2: Expecting value; legal: JSON"),
        (read_json, b"", "line 1: Expecting value; legal: JSON"),
        (read_yaml, b"a: [1\nb: 2", "line 2: expected ',' or ']', but got ':'; legal: YAML"),
        (read_yaml, b"a: \x01", "special characters are not allowed; legal: YAML"),
        (read_yaml, b"a: !!python/object:x {}", "could not determine a constructor"),
    ],
)
def test_files_that_cannot_be_read(
    tmp_path: Path, read: Callable[[Path], Any], content: bytes | None, line: str
) -> None:
    path = tmp_path / "in"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert line in str(caught.value)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Is a directory; legal: a readable file"):
        read_text(tmp_path)


def test_digests(tmp_path: Path) -> None:
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})
    assert digest([1, 2]) != digest([2, 1])
    (tmp_path / "f").write_bytes(b"abc" * 100_000)
    assert file_digest(tmp_path / "f") == hashlib.sha256(b"abc" * 100_000).hexdigest()


def _work(root: Path, log: Path, holds: Any, release: Any, die: bool) -> None:
    with rolling_folder(root, "train", {"seed": 1}) as folder:
        with open(log, "a") as stream:
            stream.write(f"{folder.name}\n")
        holds.set()
        release.wait(10)
        if die:
            os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("die", [False, True], ids=["the holder ends", "the holder is killed"])
def test_a_second_process_waits_for_a_rolling_folder(tmp_path: Path, die: bool) -> None:
    first_holds, second_holds, release, go = FORK.Event(), FORK.Event(), FORK.Event(), FORK.Event()
    go.set()
    log = tmp_path / "log"
    first = FORK.Process(target=_work, args=(tmp_path / "r", log, first_holds, release, die))
    second = FORK.Process(target=_work, args=(tmp_path / "r", log, second_holds, go, False))
    first.start()
    assert first_holds.wait(10)
    second.start()
    assert not second_holds.wait(0.3), "excluded while the first holds the folder"
    release.set()
    assert second_holds.wait(10), "let in when the first is gone"
    first.join(10)
    second.join(10)
    assert first.exitcode == (-signal.SIGKILL if die else 0)
    assert second.exitcode == 0
    names = log.read_text().split()
    assert len(names) == 2
    assert names[0] == names[1]


def test_waiting_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    holds, release = FORK.Event(), FORK.Event()
    holder = FORK.Process(target=_work, args=(tmp_path, tmp_path / "log", holds, release, False))
    holder.start()
    assert holds.wait(10)
    signal.signal(signal.SIGALRM, lambda *_: release.set())
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    with rolling_folder(tmp_path, "train", {"seed": 1}):
        pass
    holder.join(10)
    assert "train: waiting for another process that does the same work in" in capfd.readouterr().err


def test_rolling_folders_are_named_by_their_fingerprint(tmp_path: Path) -> None:
    with rolling_folder(tmp_path, "train", {"seed": 1, "lr": 0.1}) as folder:
        (folder / "progress").write_text("half")
        assert json.loads((folder / "fingerprint.json").read_text()) == {"seed": 1, "lr": 0.1}
        assert folder.name.startswith("train-")
    with rolling_folder(tmp_path, "train", {"lr": 0.1, "seed": 1}) as same:
        assert (same / "progress").read_text() == "half"
    for stage, fingerprint in (("train", {"seed": 2, "lr": 0.1}), ("search", {"seed": 1, "lr": 0.1})):
        with rolling_folder(tmp_path, stage, fingerprint) as other:
            assert not (other / "progress").exists()


def test_different_work_does_not_wait(tmp_path: Path) -> None:
    with rolling_folder(tmp_path, "train", {"seed": 1}), rolling_folder(tmp_path, "train", {"seed": 2}):
        pass


def test_an_error_inside_releases_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="broken"), rolling_folder(tmp_path, "train", {}):
        raise ValueError("broken")
    with rolling_folder(tmp_path, "train", {}):
        pass


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_progress_lines(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    bar = Progress("collect", 200, unit="samples")
    for _ in range(120):
        clock[0] += 0.5
        bar.step("12.5 ms")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "collect:   0%  1/200 samples, 2.0/s, 1:40 left, 12.5 ms"
    assert lines[1] == "collect:   6%  11/200 samples, 2.0/s, 1:34 left, 12.5 ms", "five seconds later, not sooner"
    assert len(lines) == 12


def test_short_work_is_not_worth_a_line(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    for seconds, lines in ((0.2, 0), (2.0, 2)):
        bar = Progress("timing", 5, unit="runs", patient=True)
        for _ in range(5):
            clock[0] += seconds
            bar.step()
        assert len(capsys.readouterr().err.splitlines()) == lines


def test_lines_name_what_they_are_about(capsys: pytest.CaptureFixture[str]) -> None:
    progress.speak_of("de-en", "this-cpu", "p50")
    progress.say("search p50: found")
    progress.speak_of()
    progress.say("search p50: found")
    assert capsys.readouterr().err == "de-en this-cpu search p50: found\nsearch p50: found\n"


def test_lines_of_long_work_get_rarer(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    week = 7 * 24 * 3600
    bar = Progress("train", week, unit="updates")
    for _ in range(week // 60):
        clock[0] += 60
        bar.step(count=60)
    assert 100 < len(capsys.readouterr().err.splitlines()) < 200


def test_the_last_step_is_always_said(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    bar = Progress("train", 3, unit="updates")
    bar.step()
    bar.step()
    clock[0] += 1
    bar.step()
    assert capsys.readouterr().err.splitlines()[-1] == "train: 100%  3/3 updates, 3.0/s, 0:00 left"


def test_what_was_done_before_counts_but_not_towards_the_speed(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    bar = Progress("train", 100_000, unit="updates", done=50_000)
    clock[0] += 1
    bar.step(count=10)
    assert capsys.readouterr().err == "train:  50%  50010/100000 updates, 10.0/s, 1:23:19 left\n"


def test_what_is_remembered_does_not_count_towards_the_speed(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    bar = Progress("search", 100, unit="evaluations")
    for _ in range(50):
        bar.step(remembered=1)
    clock[0] += 10
    bar.step()
    assert capsys.readouterr().err.splitlines()[-1] == "search:  51%  51/100 evaluations, 0.1/s, 8:10 left"


def test_progress_without_elapsed_time(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    Progress("x", 10, unit="things").step()
    assert capsys.readouterr().err == "x:  10%  1/10 things, 0.0/s, ? left\n"


def test_progress_goes_to_standard_error_only(capsys: pytest.CaptureFixture[str]) -> None:
    Progress("x", 1, unit="things").step()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("f.yaml", "wrong", "right"), "error: f.yaml: wrong; legal: right\n"),
        (OSError(errno.ENOSPC, "No space left on device", "out.csv"), "error: out.csv: No space left on device\n"),
        (OSError(errno.ENOSPC, "No space left on device"), "error: disk: No space left on device\n"),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), "error: /x: Permission denied\n"),
    ],
)
def test_a_command_ends_with_one_line_and_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, line: str
) -> None:
    def main(args: argparse.Namespace) -> None:
        raise error

    monkeypatch.setattr(sys, "argv", ["command.py"])
    with pytest.raises(SystemExit) as ended:
        command.run(argparse.ArgumentParser(), main)
    assert ended.value.code == 2
    assert capsys.readouterr().err == line


def test_a_defect_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def main(args: argparse.Namespace) -> None:
        raise KeyError("defect")

    monkeypatch.setattr(sys, "argv", ["command.py"])
    with pytest.raises(KeyError):
        command.run(argparse.ArgumentParser(), main)


def test_a_command_gets_its_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int)
    seen = []
    monkeypatch.setattr(sys, "argv", ["command.py", "--seed", "7"])
    command.run(parser, lambda args: seen.append(args.seed))
    assert seen == [7]


def test_a_json_file_names_itself_and_what_is_wrong_with_it(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    write_json(path, {"a": {"b": 2, "c": True, "d": "2"}, "e": [1]})
    facts = JsonFile(path)
    assert (facts["a", "b"], facts["e"], facts.number("a", "b")) == (2, [1], 2.0)
    for keys, told in (
        (("x",), "missing key 'x'"),
        (("a", "x"), "missing key 'x'"),
        (("e", "x"), "missing key 'x'"),
        (("a", "c"), "a.c: True; legal: a number"),
        (("a", "d"), "a.d: '2'; legal: a number"),
        (("a",), "a: {.*}; legal: a number"),
    ):
        with pytest.raises(InputError, match=rf"facts\.json: {told}"):
            facts.number(*keys)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: key 'a' twice; legal: YAML"),
        ("a: &x [*x]\n", "an alias of a value inside of that value; legal: YAML"),
        (
            "a: &a [1, 2]\n"
            + "".join(f"{k}: &{k} [{', '.join([f'*{p}'] * 30)}]\n" for p, k in ("ab", "bc", "cd", "de")),
            "more than 200,000 values",
        ),
        ("[" * 3000, "nested too deeply; legal: YAML"),
        (f"a: {'9' * 5000}\n", "legal: YAML"),
    ],
    ids=["twice", "itself", "multiplied", "deep", "digits"],
)
def test_traps_of_yaml(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=re.escape(told)):
        read_yaml(path)


def test_a_date_in_yaml_is_text(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("impossible: 2026-02-30\nshared: &x {b: 1}\nagain: *x\n")
    assert read_yaml(path) == {"impossible": "2026-02-30", "shared": {"b": 1}, "again": {"b": 1}}


@pytest.mark.parametrize("text", ['{"a": NaN}', "[" * 100_000, "9" * 5000])
def test_traps_of_json(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"a\.json: .*; legal: JSON"):
        read_json(path)
