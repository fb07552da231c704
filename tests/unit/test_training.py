"""Training resumes exactly, wherever it was killed; a changed recipe starts anew."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hat.architecture import DesignSpace, sampled_subtransformer
from hat.errors import InputError
from hat.files import read_json, write_json, write_yaml
from hat.model.checkpoint import load_checkpoint
from hat.rolling import rolling_folder
from hat_fairseq import saving
from hat_fairseq.saving import snapshots
from hat_fairseq.tasks.translation import HatTranslationTask
from hat_fairseq.training import Training

from tests.conftest import write_binary_corpus

SCRIPTS = Path(__file__).parents[2] / "workflow_scripts"
RECIPE: dict[str, Any] = {
    "updates": 40,
    "warmup_updates": 5,
    "schedule": "cosine",
    "lr": 1e-2,
    "min_lr": 1e-7,
    "max_tokens": 70,
    "update_freq": 1,
    "dropout": 0.2,
    "attention_dropout": 0.1,
    "weight_decay": 1e-4,
    "label_smoothing": 0.1,
    "clip_norm": 1.0,
    "precision": "fp32",
    "validate_every_updates": 6,
    "checkpoint": "best",
    "average_last": 3,
}


class Killed(BaseException):
    """Nothing catches it, like a kill."""


def training(corpus: Path, space: DesignSpace, **changes: Any) -> Training:
    return Training(
        label="test",
        corpus=corpus,
        architecture=space.maximum,
        recipe=RECIPE | changes,
        seed=3,
        threads=1,
        space=space.to_dict(),
    )


def kill_at(monkeypatch: pytest.MonkeyPatch, update: int) -> None:
    """Die right after update number `update`, before it is saved."""
    step = HatTranslationTask.optimizer_step

    def dying(self: Any, optimizer: Any, model: Any, update_num: int) -> None:
        step(self, optimizer, model, update_num)
        if update_num + 1 == update:
            raise Killed

    monkeypatch.setattr(HatTranslationTask, "optimizer_step", dying)


@pytest.fixture(scope="module")
def unbroken(tiny_corpus: Path, tiny_space: DesignSpace, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folders = {}
    for choice in ("best", "average"):
        folder = tmp_path_factory.mktemp(choice)
        folders[choice] = training(tiny_corpus, tiny_space, checkpoint=choice).run(folder)
    return folders


@pytest.mark.parametrize("choice", ["best", "average"])
@pytest.mark.parametrize("where", ["epoch 1", "boundary", "epoch 2", "epoch 4", "last update", "twice"])
def test_killed_and_resumed_equals_unbroken(
    where: str,
    choice: str,
    unbroken: Any,
    tiny_corpus: Path,
    tiny_space: DesignSpace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    updates = {
        "epoch 1": [8],
        "boundary": list(range(10, 14)),
        "epoch 2": [20],
        "epoch 4": [39],
        "last update": [40],
        "twice": [9, 31],
    }[where]
    assert unbroken[choice][1]["epochs"] == 4, "the updates above are meant for epochs of 10 to 13"
    job = training(tiny_corpus, tiny_space, checkpoint=choice)
    for update in updates:
        with monkeypatch.context() as patch:
            kill_at(patch, update)
            with pytest.raises(Killed):
                job.run(tmp_path)
    model, facts = job.run(tmp_path)
    expected, expected_facts = unbroken[choice]
    assert weights(model) == weights(expected)
    assert [row | {"seconds": 0} for row in facts["log"]] == [row | {"seconds": 0} for row in expected_facts["log"]]


def test_the_command_killed_for_real_and_resumed(tiny_corpus: Path, tiny_space: DesignSpace, tmp_path: Path) -> None:
    write_yaml(tmp_path / "space.yaml", tiny_space.to_dict())
    write_yaml(tmp_path / "training.yaml", {"supertransformer": RECIPE | {"updates": 300}})

    def start(name: str) -> subprocess.Popen[bytes]:
        words: list[str | Path] = [sys.executable, SCRIPTS / "train_supertransformer.py", "--corpus", tiny_corpus]
        words += ["--task", "tiny"]
        words += ["--space", tmp_path / "space.yaml", "--training", tmp_path / "training.yaml", "--seed", "3"]
        words += ["--rolling", tmp_path / f"rolling-{name}", "--checkpoint", tmp_path / f"{name}.pt"]
        words += ["--metrics", tmp_path / f"{name}.json", "--log", tmp_path / f"{name}.csv"]
        return subprocess.Popen(words, stderr=subprocess.DEVNULL, env=os.environ | {"OMP_NUM_THREADS": "1"})

    unbroken, killed = start("unbroken"), start("killed")
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not list((tmp_path / "rolling-killed").glob("*/checkpoint_last.pt")):
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    assert not (tmp_path / "killed.pt").exists()
    assert start("killed").wait() == 0
    assert unbroken.wait() == 0
    assert weights(load_checkpoint(tmp_path / "killed.pt")[0]) == weights(load_checkpoint(tmp_path / "unbroken.pt")[0])


def test_finished_training_does_not_train_again(
    unbroken: Any, tiny_corpus: Path, tiny_space: DesignSpace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = training(tiny_corpus, tiny_space)
    job.run(tmp_path)
    monkeypatch.setattr(Training, "_fairseq", lambda *_: pytest.fail("trained again"))
    model, facts = job.run(tmp_path)
    assert facts["updates"] == 40
    assert weights(model) == weights(unbroken["best"][0])


def test_the_average_is_that_of_the_last_validations(
    unbroken: Any, tiny_corpus: Path, tiny_space: DesignSpace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """40 updates, validated every 6: the last three states are those after 30, 36 and 40."""
    monkeypatch.setattr(saving, "finish", lambda *_: None)
    model, facts = training(tiny_corpus, tiny_space, checkpoint="average").run(tmp_path)
    assert [path.stem for path in snapshots(tmp_path)] == ["update_000000030", "update_000000036", "update_000000040"]
    states = [torch.load(path, weights_only=True)["model"] for path in snapshots(tmp_path)]
    for name, weight in model.state_dict().items():
        mean = torch.stack([state[f"transformer.{name}"] for state in states]).mean(0)
        assert torch.allclose(weight, mean, atol=1e-7), name
    assert facts["checkpoint"] == "average of 3"


def test_killed_before_its_snapshot_is_kept(
    unbroken: Any, tiny_corpus: Path, tiny_space: DesignSpace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dying(self: Any, path: str, update: int) -> None:
        if update == 36:
            raise Killed

    job = training(tiny_corpus, tiny_space, checkpoint="average")
    monkeypatch.setattr(saving, "finish", lambda *_: None)
    with monkeypatch.context() as patch:
        patch.setattr(HatTranslationTask, "post_save", dying)
        with pytest.raises(Killed):
            job.run(tmp_path)
    assert [path.stem for path in snapshots(tmp_path)] == []
    job.run(tmp_path)
    assert [path.stem for path in snapshots(tmp_path)] == ["update_000000036", "update_000000040"]


def test_killed_while_checkpoints_are_copied(
    unbroken: Any, tiny_corpus: Path, tiny_space: DesignSpace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the write of an interval checkpoint and its second name, `checkpoint_last.pt`."""
    copy = saving._copy

    def dying(source: str, target: str, overwrite: bool = False) -> bool:
        if source.endswith("_18.pt") and target.endswith("checkpoint_last.pt"):
            raise Killed
        return copy(source, target, overwrite)

    job = training(tiny_corpus, tiny_space)
    with monkeypatch.context() as patch:
        patch.setattr(saving, "_copy", dying)
        with pytest.raises(Killed):
            job.run(tmp_path)
    model, _ = job.run(tmp_path)
    assert weights(model) == weights(unbroken["best"][0])


def test_training_learns(unbroken: Any) -> None:
    losses = [row["valid_loss"] for row in unbroken["best"][1]["log"]]
    assert losses[-1] < losses[0] - 0.3


def test_changed_work_never_meets_an_old_folder(tiny_corpus: Path, tiny_space: DesignSpace, tmp_path: Path) -> None:
    folders = set()
    jobs = [training(tiny_corpus, tiny_space), training(tiny_corpus, tiny_space, lr=2e-2)]
    jobs += [training(write_binary_corpus(tmp_path / "other", {"train": 30, "valid": 4}), tiny_space)]
    for job in jobs:
        for code in ("code", "other code"):
            with rolling_folder(tmp_path, "train", job.fingerprint(code)) as folder:
                folders.add(folder)
    assert len(folders) == 6


def test_another_test_set_is_no_other_work(tiny_corpus: Path, tiny_space: DesignSpace, tmp_path: Path) -> None:
    corpus = shutil.copytree(tiny_corpus, tmp_path / "corpus")
    before = training(corpus, tiny_space).fingerprint("code")
    for path in [*corpus.glob("test.*")]:
        shutil.copy(path, path.with_name(path.name.replace("test.", "test2016.")))
        path.write_bytes(path.read_bytes() + b" ")
    facts = read_json(corpus / "statistics.json")
    write_json(corpus / "statistics.json", facts | {"lines": facts["lines"] | {"test2016": 12}})
    assert training(corpus, tiny_space).fingerprint("code") == before
    (valid,) = corpus.glob("valid.*.en.bin")
    valid.write_bytes(valid.read_bytes() + b" ")
    assert training(corpus, tiny_space).fingerprint("code") != before


def test_one_subtransformer_per_update_alike_on_every_rank(tiny_space: DesignSpace) -> None:
    drawn = [sampled_subtransformer(tiny_space, 1, update) for update in range(50)]
    assert drawn == [sampled_subtransformer(tiny_space, 1, update) for update in range(50)]
    assert len({sub.key for sub in drawn}) > 45
    assert drawn != [sampled_subtransformer(tiny_space, 2, update) for update in range(50)]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_weights_that_an_update_did_not_use(
    precision: str, tiny_corpus: Path, tiny_space: DesignSpace, tmp_path: Path
) -> None:
    """They stay as they are in fp32. Else they have zero gradients, so that decoupled weight decay shrinks them."""
    shallow = tiny_space.to_dict() | {"decoder_layers": [1]}
    recipe = {"updates": 4, "weight_decay": 0.1, "validate_every_updates": 4, "precision": precision}
    job = replace(training(tiny_corpus, tiny_space, **recipe), space=shallow)
    model, _ = job.run(tmp_path)
    unused = model.decoder[2].ffn_norm.weight
    assert torch.all(unused == unused[0])
    assert bool(unused[0] == 1) == (precision == "fp32")


def test_empty_validation_split(tiny_space: DesignSpace, tmp_path: Path) -> None:
    corpus = write_binary_corpus(tmp_path / "binary", {"train": 10, "valid": 0})
    with pytest.raises(InputError, match=r"binary: the split 'valid' is empty; legal: at least one"):
        training(corpus, tiny_space).run(tmp_path)


def test_half_precision_without_a_gpu(tiny_corpus: Path, tiny_space: DesignSpace, tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(InputError, match=r"precision 'fp16' needs a GPU; legal: fp32, bf16"):
        training(tiny_corpus, tiny_space, precision="fp16").run(tmp_path)


def test_bf16_trains(tiny_corpus: Path, tiny_space: DesignSpace, tmp_path: Path, unbroken: Any) -> None:
    model, facts = training(tiny_corpus, tiny_space, precision="bf16").run(tmp_path)
    assert facts["last_valid_loss"] == pytest.approx(unbroken["best"][1]["last_valid_loss"], rel=0.05)
    assert next(model.parameters()).dtype == torch.float32
    assert weights(model) != weights(unbroken["best"][0])


def weights(model: Any) -> dict[str, list[float]]:
    return {name: weight.flatten().tolist() for name, weight in model.state_dict().items()}
