"""The table of bad input: whatever is wrong, a process says so in one line and leaves nothing behind.

Every row is run as people run it: `snakemake` for what is checked before any job, a command for the rest. In the line
that a row expects, `...` stands for any text.
"""

from __future__ import annotations

import hashlib
import os
import re
import resource
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest
import torch
from hat.architecture import DesignSpace
from hat.files import write_json, write_yaml
from hat.model.checkpoint import load_checkpoint, save_checkpoint
from hat.model.transformer import Transformer
from hat.predictor.model import Predictor, build_mlp, engineered

from tests.conftest import VOCABULARY
from tests.workflow.conftest import ROOT, House

TRAINING = Path(__file__).parent / "tiny" / "training.yaml"
TEXT = "A dog.\nTwo dogs.\n"
OTHER_TEXT = "A dog!\nTwo dogs.\n"
SHA256, OTHER_SHA256 = (hashlib.sha256(text.encode()).hexdigest() for text in (TEXT, OTHER_TEXT))
CORPUS = f"""
source: de
target: en
train: data/train
valid: data/valid
test: {{de: data/test.de, en: {{url: data/test.en, sha256: {SHA256}}}}}
bpe: 48
"""
FASTEST_MS = 40.0
FEW_KILOBYTES = 8


class Plan(NamedTuple):
    """An experiment that cannot be planned."""

    experiment: str | None
    line: str


PLANS = {
    "unknown config key": Plan(
        "seeed: 1",
        "experiment.yaml: unknown key 'seeed'; legal: experiment, seed, tasks (did you mean 'seed'?)",
    ),
    "misspelt device": Plan(
        "tasks: {demo.de-en: {devices: {this-cup: {}}}}",
        "experiment.yaml: tasks > demo.de-en > devices: unknown device 'this-cup'; "
        "legal: ...this-cpu... (did you mean 'this-cpu'?)",
    ),
    "a device timed in two places": Plan(
        "tasks: {demo.de-en: {devices: {./twice.yaml: {}}}}",
        "twice.yaml: both ssh and measured; legal: one of them: where it is timed",
    ),
    "misspelt budget": Plan(
        "tasks: {demo.de-en: {devices: {this-cpu: {budgets: [25%, 120 msec]}}}}",
        "experiment.yaml: tasks > demo.de-en > devices > this-cpu > budgets: budget '120 msec': not a budget; "
        "legal: ...such as 25%, or a latency, such as 120ms or 1.2s",
    ),
    "size that is none": Plan(
        "tasks: {demo.de-en: {devices: {this-cpu: {budgets: [{latency: 25%, parameters: 1 M}]}}}}",
        "experiment.yaml: tasks > demo.de-en > devices > this-cpu > budgets: budget '25%, 1 M parameters': no size: "
        "'1 M parameters'; legal: parameters above 0 such as 1M, 800k or 950000, ...",
    ),
    "misspelt size": Plan(
        "tasks: {demo.de-en: {devices: {this-cpu: {budgets: [{latency: 25%, megabyte: 1}]}}}}",
        "experiment.yaml: tasks > demo.de-en > devices > this-cpu > budgets > 0: unknown key 'megabyte'; "
        "legal: latency, megabytes, parameters (did you mean 'megabytes'?)",
    ),
    "size that nothing reaches": Plan(
        "tasks: {demo.de-en: {devices: {this-cpu: {budgets: [{latency: 25%, parameters: 50k}]}}}}",
        "experiment.yaml: tasks > demo.de-en > devices > this-cpu > budgets: budget 25%, 50k parameters: "
        "cannot be reached; legal: at least 69552 parameters, the smallest of this space",
    ),
    "more than all latency": Plan(
        "tasks: {demo.de-en: {devices: {this-cpu: {budgets: [101%]}}}}",
        "experiment.yaml: tasks > demo.de-en > devices > this-cpu > budgets: budget '101%': ...; legal: at most 100%",
    ),
    "one budget twice": Plan(
        "tasks: {demo.de-en: {devices: {this-cpu: {budgets: [25%, 25.0%]}}}}",
        "experiment.yaml: tasks > demo.de-en > devices > this-cpu > budgets: 25%, 25.0%; legal: all different",
    ),
    "population that is not the sum of its parts": Plan(
        "tasks: {demo.de-en: {search: {population: 100}}}",
        "experiment.yaml: tasks > demo.de-en: search: population = 100, but 25 parents + 50 mutants + 50 crossovers; "
        "legal: their sum",
    ),
    "mutation that changes nothing": Plan(
        "tasks: {demo.de-en: {search: {mutation: 0}}}",
        "experiment.yaml: tasks > demo.de-en > search > mutation: 0; legal: a finite number, greater than 0...",
    ),
    "more shards than samples": Plan(
        "tasks: {demo.de-en: {latency: {samples: 10, shards: 11}}}",
        "experiment.yaml: tasks > demo.de-en > latency > shards: 11; legal: at most 10, the samples",
    ),
    "baseline of an impossible width": Plan(
        "tasks: {demo.de-en: {baselines: {width: [64, 100]}}}",
        "experiment.yaml: tasks > demo.de-en > baselines > width: baseline: embed dim 100; "
        "legal: multiples of head dim 16",
    ),
    "learning rate that is no number": Plan(
        "tasks: {demo.de-en: {training: ./training.yaml}}",
        "training.yaml: subtransformer > lr: nan; legal: a finite number, greater than 0...",
    ),
    "bad YAML": Plan(
        "seed: 1\ntasks: [demo.de-en]]",
        "experiment.yaml: line 2: expected <block end>, but found ']'; legal: YAML",
    ),
    "unknown experiment": Plan(
        None,
        "--config experiment: no experiment file experiment.yaml; legal: a .yaml file, or one of ...demo...",
    ),
    "space that contradicts itself": Plan(
        "tasks: {demo.de-en: {space: ./space.yaml}}",
        "space.yaml: qkv_dim 100 is not divisible by 8 heads",
    ),
    "unknown test set": Plan(
        "tasks: {demo.de-en: {generation: {splits: [test, tset]}}}",
        "experiment.yaml: tasks > demo.de-en > generation > splits: 'tset'; legal: test (did you mean 'test'?)",
    ),
}


class Run(NamedTuple):
    """A command that cannot do its work."""

    command: str
    line: str
    spoilt: Mapping[str, str | None] = MappingProxyType({})
    """Files of the world with another text; None = missing."""
    few_kilobytes: bool = False
    """Whether no file may grow beyond FEW_KILOBYTES, which programs meet as they meet a full disk."""


FETCH = "fetch_corpus --corpus tiny.de-en.yaml --output raw"
CLEAN = "clean_corpus --corpus tiny.de-en.yaml --raw data --output clean"
TRANSLATE = (
    "translate_model --model one --checkpoint model.pt --corpus {binary} --split test --output test.hyp "
    "--report test.json"
)
BUDGETS = (
    "resolve_budgets --task a-b --device-name bench --predictor predictor.pt --report predictor.json "
    "--space space.yaml --budgets 25% 7.5ms --budget 7.5ms --output budgets.json"
)
TRAIN = (
    "train_model --task a-b --model one --architecture architecture.yaml --corpus {binary} --training {training} "
    "--rolling rolling --checkpoint dense.pt --architecture-copy dense.yaml --report dense.json"
)
RUNS = {
    "missing corpus file": Run(
        FETCH, "data/valid.en: no such file; legal: data/valid.en.gz or data/valid.de", {"data/valid.en": None}
    ),
    "checksum mismatch": Run(
        FETCH, f"data/test.en: sha256 is {OTHER_SHA256}; legal: {SHA256}", {"data/test.en": OTHER_TEXT}
    ),
    "sides of different length": Run(
        FETCH,
        "data/train.de: 2 lines, but data/train.en has 3; legal: sides of equal length",
        {"data/train.en": TEXT + "A third line.\n"},
    ),
    "empty validation split": Run(
        CLEAN,
        "data/valid.de: the valid split is empty; legal: at least one pair",
        {"data/valid.de": "", "data/valid.en": ""},
    ),
    "budget that cannot be reached": Run(
        BUDGETS,
        "budget 7.5ms: cannot be reached; legal: at least 40ms, the fastest reachable latency of this space...",
    ),
    "corrupt checkpoint": Run(
        TRANSLATE, "model.pt: corrupt (...); legal: a checkpoint of this project", {"model.pt": "PK broken"}
    ),
    "split that does not exist": Run(
        TRANSLATE.replace("split test", "split tset"),
        "{binary}: no split 'tset'; legal: test, train, valid (did you mean 'test'?)",
    ),
    "output below a file": Run(
        CLEAN.replace("output clean", "output data/train.de/clean"),
        "data/train.de/clean: data/train.de is not a folder; legal: a path below a folder",
    ),
    "full disk under a text": Run(
        CLEAN, "clean: File too large", {"data/valid.de": TEXT * 999, "data/valid.en": TEXT * 999}, few_kilobytes=True
    ),
    "full disk under a training": Run(TRAIN, "disk: File too large", few_kilobytes=True),
}


@pytest.fixture
def world(tmp_path: Path, tiny_space: DesignSpace) -> Path:
    """A folder with good input for every command of the table."""
    (tmp_path / "data").mkdir()
    for split in ("train", "valid", "test"):
        for language in ("de", "en"):
            (tmp_path / "data" / f"{split}.{language}").write_text(TEXT)
    (tmp_path / "tiny.de-en.yaml").write_text(CORPUS)
    write_yaml(tmp_path / "space.yaml", tiny_space.to_dict())
    tiny_space.smallest.save(tmp_path / "architecture.yaml")
    model = Transformer(
        tiny_space.smallest, source_vocabulary=VOCABULARY, target_vocabulary=VOCABULARY, share_embeddings=True
    )
    save_checkpoint(tmp_path / "model.pt", model)
    write_predictor(tmp_path, tiny_space)
    return tmp_path


def write_predictor(folder: Path, space: DesignSpace) -> None:
    """A latency predictor that says FASTEST_MS of one decoder layer, 100 ms more of the deepest decoder."""
    maxima = space.feature_maxima()
    columns = engineered(torch.ones(1, 10, dtype=torch.float64), torch.tensor(maxima)).shape[1]
    ridge = torch.zeros(1 + columns, dtype=torch.float64)
    deepest = max(space.decoder_layers)
    ridge[1 + 5] = 100.0 * deepest / (deepest - 1)
    ridge[0] = FASTEST_MS - ridge[1 + 5] / deepest
    Predictor(maxima, build_mlp([10, 4, 1]), 1.0, ridge, "ridge").save(folder / "predictor.pt")
    write_json(folder / "predictor.json", {"chosen": "ridge", "models": {"ridge": {"test": {"rmse_ms": 0.5}}}})


def spoil(world: Path, files: Mapping[str, str | None]) -> None:
    for name, text in files.items():
        if text is None:
            (world / name).unlink()
        else:
            (world / name).write_text(text)


def contents(folder: Path) -> dict[str, bytes | None]:
    """Every path below `folder` with its bytes; progress that survives a kill, and Snakemake's own notes, aside."""
    paths = {path.relative_to(folder): path for path in folder.rglob("*")}
    return {
        str(name): path.read_bytes() if path.is_file() else None
        for name, path in paths.items()
        if name.parts[0] not in ("rolling", ".snakemake")
    }


def is_line(text: str, expected: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, f"error: {expected}".split("..."))), text) is not None


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_what_cannot_be_planned(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "space.yaml").write_text("{qkv_dim: 100, encoder_self_heads: [4, 8]}")
    (tmp_path / "training.yaml").write_text("{subtransformer: {lr: nan}}")
    (tmp_path / "twice.yaml").write_text("{engine: litert, ssh: {host: pi}, measured: measured.jsonl}")
    if plan.experiment is not None:
        (tmp_path / "experiment.yaml").write_text(plan.experiment)
    before = contents(tmp_path)
    run = House(ROOT, tmp_path, {}).snakemake("--dry-run", "--config", "experiment=experiment.yaml")
    said = [line for line in run.stderr.splitlines() if not line.startswith("Using workflow specific profile")]
    assert len(said) == 1, run.stderr
    assert is_line(said[0], plan.line), said[0]
    assert (run.returncode, run.stdout) == (2, "")
    assert contents(tmp_path) == before


@pytest.mark.parametrize("row", RUNS.values(), ids=RUNS)
def test_what_a_command_cannot_do(row: Run, world: Path, tiny_corpus: Path) -> None:
    spoil(world, row.spoilt)
    before = contents(world)
    command, *words = row.command.format(binary=tiny_corpus, training=TRAINING).split()
    words = [sys.executable, str(ROOT / "workflow_scripts" / f"{command}.py"), *words]
    if row.few_kilobytes:
        words = ["bash", "-c", f'ulimit -f {FEW_KILOBYTES} && exec "$@"', "bash", *words]
    run = subprocess.run(
        words,
        cwd=world,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    *told, last = run.stderr.splitlines()
    assert is_line(last, row.line.format(binary=tiny_corpus)), run.stderr
    assert not [line for line in told if "error" in line.lower() or line.startswith("Traceback")], run.stderr
    assert run.returncode == 2
    assert contents(world) == before


def test_a_checkpoint_on_a_full_disk_is_named_and_the_old_one_stays(world: Path) -> None:
    model, _ = load_checkpoint(world / "model.pt")
    before = contents(world)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FEW_KILOBYTES << 10, limits[1]))
    try:
        with pytest.raises(OSError, match=r"File too large: '.*/model\.pt'"):
            save_checkpoint(world / "model.pt", model, much=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert contents(world) == before


def test_a_failed_rule_has_the_line_in_its_log(world: Path) -> None:
    row = RUNS["sides of different length"]
    spoil(world, row.spoilt)
    (world / "experiment.yaml").write_text("tasks: {tiny.de-en: {corpus: ./tiny.de-en.yaml}}")
    before = contents(world)
    output, log = "results/corpora/tiny.de-en/raw", "logs/fetch_corpus/tiny.de-en.log"
    run = House(ROOT, world, {}).snakemake(output, "--config", "experiment=experiment.yaml")
    assert run.returncode == 1, run.stdout + run.stderr
    assert is_line((world / log).read_text().strip(), row.line)
    left = {name for name, text in contents(world).items() if name not in before and text is not None}
    assert left == {log}
