"""What a training keeps on disk: saved between validations, set aside where it is damaged, told when it diverges."""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hat.architecture import DesignSpace
from hat.errors import InputError
from hat_fairseq import saving
from hat_fairseq.saving import BEFORE, BEST, LAST, TERMINATED, newest_checkpoint, snapshots
from hat_fairseq.tasks.translation import HatTranslationTask
from hat_fairseq.training import Training

from tests.unit.test_training import Killed, kill_at, training, weights

RARELY: dict[str, Any] = {"validate_every_updates": 20, "checkpoint": "average"}


@pytest.fixture(scope="module")
def unbroken(tiny_corpus: Path, tiny_space: DesignSpace, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return training(tiny_corpus, tiny_space, **RARELY).run(tmp_path_factory.mktemp("unbroken"))


def killed(job: Training, folder: Path, update: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        kill_at(patch, update)
        with pytest.raises(Killed):
            job.run(folder)


def updates_done(folder: Path) -> int:
    newest = newest_checkpoint(folder)
    assert newest is not None
    return int(newest["optimizer_history"][-1]["num_updates"])


def equal(found: tuple[Any, dict[str, Any]], expected: tuple[Any, dict[str, Any]]) -> bool:
    logs = [[row | {"seconds": 0} for row in facts["log"]] for _, facts in (found, expected)]
    return bool(weights(found[0]) == weights(expected[0]) and logs[0] == logs[1])


def test_a_kill_between_validations_undoes_minutes_alone(
    unbroken: Any, tiny_corpus: Path, tiny_space: DesignSpace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run is shorter than the way from one validation to the next, and still the training ends."""
    monkeypatch.setattr(saving, "finish", lambda *_: None)
    job = replace(training(tiny_corpus, tiny_space, **RARELY), save_every_minutes=1e-9)
    for update in (9, 17, 25, 33):
        killed(job, tmp_path, update, monkeypatch)
        assert updates_done(tmp_path) == update - 1
    assert equal(job.run(tmp_path), unbroken)
    assert [path.stem for path in snapshots(tmp_path)] == ["update_000000020", "update_000000040"]


def test_told_to_end_it_saves_first(
    unbroken: Any, tiny_corpus: Path, tiny_space: DesignSpace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = training(tiny_corpus, tiny_space, **RARELY)
    step = HatTranslationTask.optimizer_step

    def told(self: Any, optimizer: Any, model: Any, update_num: int) -> None:
        step(self, optimizer, model, update_num)
        if update_num == 26:
            os.kill(os.getpid(), signal.SIGTERM)

    with monkeypatch.context() as patch:
        patch.setattr(HatTranslationTask, "optimizer_step", told)
        with pytest.raises(SystemExit) as ended:
            job.run(tmp_path)
    assert ended.value.code == TERMINATED
    assert updates_done(tmp_path) == 27
    assert equal(job.run(tmp_path), unbroken)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:3000])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [cut, flip, lambda path: path.write_bytes(b"")])
def test_a_damaged_checkpoint_is_named_and_the_one_before_it_taken(
    damage: Any,
    unbroken: Any,
    tiny_corpus: Path,
    tiny_space: DesignSpace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    job = replace(training(tiny_corpus, tiny_space, **RARELY), save_every_minutes=1e-9)
    killed(job, tmp_path, 30, monkeypatch)
    damage(tmp_path / LAST)
    assert updates_done(tmp_path) == 28
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith(f"{tmp_path / LAST}: corrupt (")
    assert told.endswith("set aside as checkpoint_last.damaged, the training goes on from what was saved before")
    assert equal(job.run(tmp_path), unbroken)


def test_a_training_whose_checkpoints_are_all_damaged_begins_anew(
    unbroken: Any, tiny_corpus: Path, tiny_space: DesignSpace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = training(tiny_corpus, tiny_space, **RARELY)
    killed(job, tmp_path, 30, monkeypatch)
    shutil.copy(tmp_path / LAST, tmp_path / BEFORE)
    cut(tmp_path / LAST)
    cut(tmp_path / BEFORE)
    assert newest_checkpoint(tmp_path) is None
    assert equal(job.run(tmp_path), unbroken)


def test_a_finished_training_keeps_its_weights_alone(
    unbroken: Any, tiny_corpus: Path, tiny_space: DesignSpace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = training(tiny_corpus, tiny_space, **RARELY)
    first = job.run(tmp_path)
    assert [path.name for path in tmp_path.glob("*.pt")] == [saving.FINISHED]
    assert equal(job.run(tmp_path), first)
    cut(tmp_path / saving.FINISHED)
    assert equal(job.run(tmp_path), unbroken), "damaged, it is trained once more"
    assert f"{tmp_path / saving.FINISHED}: corrupt (" in capsys.readouterr().err


def test_divergence_is_one_line(tiny_corpus: Path, tiny_space: DesignSpace, tmp_path: Path) -> None:
    wild = {"lr": 1e30, "warmup_updates": 30, "min_lr": 0.0, "clip_norm": 0.0}
    job = training(tiny_corpus, tiny_space, **wild)
    with pytest.raises(InputError) as told:
        job.run(tmp_path)
    line = str(told.value)
    assert line.startswith("test: diverged at update ")
    assert "clip_norm 0; legal: a lower lr, more warmup_updates or a lower clip_norm above 0 in its recipe" in line
    assert not (tmp_path / "crash.pt").exists()


def test_the_checkpoint_that_a_divergence_leaves_is_named(
    tiny_corpus: Path, tiny_space: DesignSpace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = HatTranslationTask.train_step

    def diverging(self: Any, sample: Any, model: Any, *given: Any, **named: Any) -> Any:
        results = step(self, sample, model, *given, **named)
        if len(self.record.rows) == 3:
            next(weight.grad for weight in model.parameters() if weight.grad is not None).fill_(float("nan"))
        return results

    monkeypatch.setattr(HatTranslationTask, "train_step", diverging)
    with pytest.raises(InputError, match=rf"at update 19 .*kept: {tmp_path / BEST}, of update 18$"):
        training(tiny_corpus, tiny_space).run(tmp_path)
    assert (tmp_path / BEST).exists()


def test_a_validation_sentence_longer_than_a_batch_is_a_batch_of_its_own(
    tiny_corpus: Path, tiny_space: DesignSpace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = training(tiny_corpus, tiny_space, max_tokens=8, updates=2)
    _, facts = job.run(tmp_path / "short")
    _, expected = training(tiny_corpus, tiny_space, max_tokens=8, updates=2).run(tmp_path / "again")
    assert facts["last_valid_loss"] == expected["last_valid_loss"]
    told = capsys.readouterr().err
    assert "training pairs are left out, longer than a batch (max_tokens)" in told
    assert "validation pairs are left out" not in told


def test_an_equal_training_is_an_equal_file(tiny_corpus: Path, tiny_space: DesignSpace, tmp_path: Path) -> None:
    """Timings stand in reports alone."""
    job = training(tiny_corpus, tiny_space, updates=3)
    for name in ("one", "two"):
        model, facts = job.run(tmp_path / name)
        job.save(tmp_path / f"{name}.pt", model, facts | {"seconds": len(name), "tokens_per_second": id(model)})
    assert (tmp_path / "one.pt").read_bytes() == (tmp_path / "two.pt").read_bytes()
