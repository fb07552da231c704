"""The commands that train, translate and time models, as rules run them, on a tiny corpus."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import distil_model
import measure_anchor
import measure_rival
import pytest
import train_model
import train_rival
import train_supertransformer
import translate_model
import translate_rival
from hat.architecture import DesignSpace
from hat.baselines import ordinary_transformer
from hat.errors import InputError
from hat.files import read_json, write_json, write_yaml
from hat_fairseq.distillation import Distillation
from hat_fairseq.rivals.training import RivalTraining
from hat_fairseq.training import Training

from tests.unit.test_training import RECIPE, SCRIPTS, training

SMALL = ordinary_transformer(embed_dim=32, encoder_layers=2, decoder_layers=2, ffn_ratio=2, head_dim=8)
COUNTED = {"gpu_hours", "flops", "parameters"}


@pytest.fixture
def place(tmp_path: Path, tiny_corpus: Path, tiny_space: DesignSpace, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    recipe = RECIPE | {"updates": 4, "validate_every_updates": 2, "warmup_updates": 1}
    write_yaml("training.yaml", {"supertransformer": recipe, "subtransformer": recipe})
    write_yaml("space.yaml", tiny_space.to_dict())
    write_yaml("bench.yaml", {"threads": 1})
    SMALL.save("small.yaml")
    (tmp_path / "corpus").mkdir()
    for path in tiny_corpus.iterdir():
        (tmp_path / "corpus" / path.name).symlink_to(path)
    facts = read_json(tiny_corpus / "statistics.json")
    (tmp_path / "corpus" / "statistics.json").unlink()
    write_json("corpus/statistics.json", facts | {"subword_marker": "@@"})
    return tmp_path


def run(module: ModuleType, *words: object) -> None:
    args: Namespace = module.parser().parse_args([str(word) for word in words])
    module.main(args)


def train(module: ModuleType, model: str, *more: object) -> Any:
    """The report of a training of SMALL by a command."""
    places = ("--rolling", "rolling", "--checkpoint", f"{model}.pt", "--architecture-copy", f"{model}.yaml")
    words = ("--task", "tiny", "--model", model, "--architecture", "small.yaml", "--corpus", "corpus")
    run(module, *words, "--training", "training.yaml", *places, "--report", f"{model}.json", *more)
    return read_json(f"{model}.json")


def test_equal_trainings_run_once_and_differ_in_their_reports_alone(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = train(train_model, "one")
    assert list(report)[:3] == ["task", "model", "updates"]
    assert not COUNTED & set(report)
    assert {"seconds", "tokens", "log", "family"} <= set(report)
    with monkeypatch.context() as patch:
        patch.setattr(Training, "_fairseq", lambda *_: pytest.fail("trained again"))
        other = train(train_model, "two")
    assert other == report | {"model": "two"}
    assert Path("one.pt").read_bytes() == Path("two.pt").read_bytes()
    tuned = train(train_model, "tuned", "--initial", "one.pt")
    assert tuned["updates"] == 1
    taught = train(distil_model, "taught", "--teacher", "one.pt")
    assert (taught["model"], taught["family"]) == ("taught", "transformer")
    assert len({Path(f"{name}.pt").read_bytes() for name in ("one", "tuned", "taught")}) == 3
    words = ("--checkpoint", "one.pt", "--corpus", "corpus", "--split", "valid")
    run(translate_model, "--model", "one", *words, "--output", "one.hyp", "--report", "one.json")
    assert len(Path("one.hyp").read_text().splitlines()) == 20
    assert read_json("one.json") == {"model": "one", "sentences": 20, "cut": read_json("one.json")["cut"]}


def test_the_supertransformer_names_its_task(place: Path) -> None:
    words = ("--task", "tiny", "--corpus", "corpus", "--space", "space.yaml", "--training", "training.yaml")
    outputs = ("--checkpoint", "super.pt", "--metrics", "metrics.json", "--log", "log.csv")
    run(train_supertransformer, *words, "--rolling", "rolling", *outputs)
    metrics = read_json("metrics.json")
    assert list(metrics)[:2] == ["task", "updates"]
    assert not COUNTED & set(metrics)
    assert Path("log.csv").read_text().startswith("update,train_loss,valid_loss")


@pytest.mark.parametrize("family", ["lite", "levenshtein"])
def test_a_rival_is_trained_translates_and_is_timed_and_counted(place: Path, family: str) -> None:
    report = train(train_rival, family, "--family", family)
    assert (report["family"], COUNTED & set(report)) == (family, set())
    words = ("--model", family, "--checkpoint", f"{family}.pt", "--corpus", "corpus", "--split", "valid", "--beam", 2)
    outputs = ("--output", "rival.hyp", "--report", "rival.json")
    run(translate_rival, *words, *outputs)
    assert len(Path("rival.hyp").read_text().splitlines()) == 20
    with pytest.raises(InputError, match=f"a model of the family '{family}'; legal: transformer"):
        run(translate_model, *words, *outputs)

    device = ("--task", "tiny", "--device", "bench.yaml", "--statistics", "corpus/statistics.json", "--runs", 2)
    run(measure_anchor, *device, "--space", "space.yaml", "--signature", "signature.json")
    places = ("--checkpoint", f"{family}.pt", "--signature", "signature.json", "--output", "latency.json")
    run(measure_rival, *device, "--model", family, *places)
    measured = read_json("latency.json")
    assert list(measured.items())[:3] == [("task", "tiny"), ("model", family), ("device", "bench")]
    assert measured["latency_ms"] > 0
    assert list(measured)[-3:] == ["parameters", "flops", "training_flops"]
    assert (measured["flops"] > measured["training_flops"]) == (family == "levenshtein")


def test_a_rival_is_not_timed_beside_an_anchor_of_another_engine(place: Path) -> None:
    train(train_rival, "levenshtein", "--family", "levenshtein")
    write_yaml("bench.yaml", {"engine": "litert"})
    device = ("--task", "tiny", "--device", "bench.yaml", "--statistics", "corpus/statistics.json", "--runs", 2)
    run(measure_anchor, *device, "--space", "space.yaml", "--signature", "signature.json")
    places = ("--checkpoint", "levenshtein.pt", "--signature", "signature.json", "--output", "latency.json")
    with pytest.raises(InputError, match="no Transformer; legal: this machine, with the engine torch_eager"):
        run(measure_rival, *device, "--model", "levenshtein", *places)
    assert not Path("latency.json").exists()


@pytest.mark.parametrize("kind", ["Training", "Distillation", "RivalTraining"])
def test_a_spawned_process_registers_what_its_training_needs(
    kind: str, tiny_corpus: Path, tiny_space: DesignSpace
) -> None:
    """fairseq pickles what each GPU's process runs; nothing else tells that process of our models."""
    plain = replace(training(tiny_corpus, tiny_space), space=None)
    facts = {name: getattr(plain, name) for name in ("label", "corpus", "architecture", "recipe", "seed", "threads")}
    work = {
        "Training": lambda: plain,
        "Distillation": lambda: Distillation(**facts, teacher=Path("teacher.pt")),
        "RivalTraining": lambda: RivalTraining(**facts, family="levenshtein"),
    }[kind]()
    code = f"""
import json, pickle, sys
sys.path.insert(0, {str(SCRIPTS)!r})
work = pickle.load(sys.stdin.buffer)
from fairseq.criterions import CRITERION_REGISTRY
from fairseq.models import MODEL_REGISTRY
from fairseq.tasks import TASK_REGISTRY
known = [*TASK_REGISTRY, *MODEL_REGISTRY, *CRITERION_REGISTRY]
print(json.dumps([work.__name__, [name for name in known if name.startswith("hat_")]]))
"""
    answer = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(work.work), capture_output=True)
    assert answer.returncode == 0, answer.stderr.decode()
    name, known = json.loads(answer.stdout.decode().splitlines()[-1])
    more = {"Training": [], "Distillation": ["hat_distillation"], "RivalTraining": ["hat_levenshtein", "hat_rival"]}
    assert name == "work"
    assert set(known) == {"hat_translation", "hat_transformer", *more[kind]}


def test_fairseq_s_own_command_line_knows_the_plug_in(tmp_path: Path) -> None:
    """`--user-dir`: fairseq imports the folders tasks/ and models/ of it."""
    code = f"""
import argparse
from fairseq import utils
utils.import_user_module(argparse.Namespace(user_dir={str(SCRIPTS / "hat_fairseq")!r}))
from fairseq.models import MODEL_REGISTRY
from fairseq.tasks import TASK_REGISTRY
print(*(name for name in (*TASK_REGISTRY, *MODEL_REGISTRY) if name.startswith("hat_")))
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines()[-1].split() == ["hat_translation", "hat_transformer"]
