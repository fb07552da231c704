"""Data-parallel training: two processes of one batch each equal one process that sums over two batches."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hat.architecture import DesignSpace
from hat.files import read_json, write_yaml
from hat.model.checkpoint import load_checkpoint
from hat.parallel import processes

from tests.unit.test_training import RECIPE, SCRIPTS, training

TWO_GPUS = "import torch\ntorch.cuda.device_count = lambda: 2\n"
"""What makes fairseq start two processes on a machine without a GPU; they speak to each other by gloo."""
PARALLEL = RECIPE | {"updates": 8, "update_freq": 2, "dropout": 0.0, "attention_dropout": 0.0}


@pytest.fixture
def place(tmp_path: Path, tiny_corpus: Path, tiny_space: DesignSpace) -> Path:
    write_yaml(tmp_path / "space.yaml", tiny_space.to_dict())
    write_yaml(tmp_path / "training.yaml", {"supertransformer": PARALLEL, "subtransformer": PARALLEL})
    tiny_space.smallest.save(tmp_path / "small.yaml")
    (tmp_path / "corpus").symlink_to(tiny_corpus)
    (tmp_path / "gpus").mkdir()
    (tmp_path / "gpus" / "sitecustomize.py").write_text(TWO_GPUS)
    return tmp_path


def run(place: Path, command: str, name: str, *words: str, processes: int, status: int = 0) -> str:
    """What a command of `processes` processes says; it ends with `status`."""
    shared = ["--task", "tiny", "--corpus", "corpus", "--training", "training.yaml"]
    paths = ["--rolling", f"rolling-{processes}", "--checkpoint", f"{name}-{processes}.pt"]
    packages = os.pathsep.join([str(place / "gpus"), os.environ.get("PYTHONPATH", "")])
    gpus = {"PYTHONPATH": packages} if processes == 2 else {}
    line = [sys.executable, str(SCRIPTS / f"{command}.py"), *shared, *paths, *words]
    env = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""} | gpus
    answer = subprocess.run(line, cwd=place, env=env, capture_output=True, text=True)
    assert answer.returncode == status, answer.stderr
    return answer.stderr


def model_words(name: str) -> list[str]:
    return [
        "--model",
        name,
        "--architecture",
        "small.yaml",
        "--architecture-copy",
        "copy.yaml",
        "--report",
        "report.json",
    ]


def test_two_processes_train_what_one_does_with_twice_the_batches(place: Path) -> None:
    """The log of both lies in the folder of the training, and one of them tells of progress."""
    for number in (1, 2):
        outputs = ("--metrics", f"metrics-{number}.json", "--log", "log.csv")
        run(place, "train_supertransformer", "super", "--space", "space.yaml", *outputs, processes=number)
        told = run(place, "train_model", "dense", *model_words("dense"), processes=number)
        assert told.count("8/8 updates") == 1
        assert "| INFO |" not in told
        teacher = ("--teacher", "dense-1.pt")
        run(place, "distil_model", "student", *model_words("student"), *teacher, processes=number)
    for name in ("super", "dense", "student"):
        one, two = (load_checkpoint(place / f"{name}-{number}.pt")[0].state_dict() for number in (1, 2))
        assert max(float((one[key] - two[key]).abs().max()) for key in one) == 0, name
    one, two = (read_json(place / f"metrics-{number}.json")["tokens"] for number in (1, 2))
    assert two == pytest.approx(one, rel=0.2)
    (log,) = place.glob("rolling-2/train_model-*/fairseq.log")
    assert "done training" in log.read_text()


def test_divergence_of_two_processes_is_one_line(place: Path) -> None:
    wild = PARALLEL | {"lr": 1e30, "warmup_updates": 0, "clip_norm": 0.0}
    write_yaml(place / "training.yaml", {"subtransformer": wild})
    told = run(place, "train_model", "dense", *model_words("dense"), processes=2, status=2)
    assert told.splitlines()[-1].startswith("error: train_model dense: diverged at update ")
    assert "Traceback" not in told


def test_gpus_that_find_no_batches_stay_idle(
    tiny_corpus: Path, tiny_space: DesignSpace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    training(tiny_corpus, tiny_space, update_freq=3)._check()
    assert "test: 1 GPUs stay idle, for 3 batches an update (update_freq)" in capsys.readouterr().err


@pytest.mark.parametrize(("update_freq", "gpus", "used"), [(128, 8, 8), (128, 6, 4), (1, 4, 1), (3, 0, 1), (6, 4, 3)])
def test_as_many_processes_as_the_batches_divide_among(update_freq: int, gpus: int, used: int) -> None:
    assert processes(update_freq, gpus) == used
