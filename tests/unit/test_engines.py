from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hat.engines.factory import create_engine, engine_facts
from hat.engines.interface import Device, Vocabularies, cpu_name
from hat.engines.torch_eager import TorchEager
from hat.errors import InputError
from hat.model.transformer import Transformer

from tests.unit.latency_world import SPACE

CPU = Device(name="bench")
SIZES = {"source_vocabulary": 20, "target_vocabulary": 30, "share_embeddings": False}
VOCABULARIES = Vocabularies(**SIZES)


def model(seed: int = 0) -> Transformer:
    torch.manual_seed(seed)
    return Transformer(SPACE.sample(random.Random(seed)), **SIZES, dropout=0.5)


@pytest.mark.parametrize("seed", range(3))
def test_steps_give_the_logits_of_teacher_forcing_in_eval_mode(seed: int) -> None:
    transformer = model(seed)
    engine = TorchEager(transformer, CPU)
    source, previous = [7, 8, 9, 2], [2, 5, 6]
    state = engine.start(engine.encode(engine.tokens(source)), 5)
    steps = [engine.step(engine.tokens([token] * 5), state) for token in previous]
    stepped = torch.stack(steps, dim=1)
    expected = transformer(torch.tensor([source]), torch.tensor([previous])).detach()
    assert stepped.shape == (5, 3, 30)
    torch.testing.assert_close(stepped, expected.expand(5, -1, -1), atol=1e-5, rtol=0)
    assert all(step.is_inference() for step in steps)


def test_the_factory_builds_the_dense_model_of_a_subtransformer() -> None:
    sub = SPACE.sample(random.Random(4))
    torch.manual_seed(4)
    engine = create_engine(sub, VOCABULARIES, CPU)
    torch.manual_seed(4)
    expected = Transformer(sub, **SIZES).eval()
    source = [7, 8, 2]
    found = engine.step(engine.tokens([2]), engine.start(engine.encode(engine.tokens(source)), 1))
    assert torch.allclose(found, expected(torch.tensor([source]), torch.tensor([[2]]))[0], atol=1e-5)


def test_a_torch_model_needs_the_torch_engine() -> None:
    with pytest.raises(InputError, match="device bench: engine 'abacus' cannot hold a torch model; legal: torch_eager"):
        TorchEager(model(), Device(name="bench", engine="abacus"))


def test_dtype_is_the_devices() -> None:
    engine = create_engine(SPACE.smallest, VOCABULARIES, Device(name="bench", dtype="bfloat16"))
    state = engine.start(engine.encode(engine.tokens([7, 2])), 2)
    assert engine.step(engine.tokens([5, 5]), state).dtype == torch.bfloat16


def test_threads_are_the_devices() -> None:
    before = torch.get_num_threads()
    try:
        create_engine(SPACE.smallest, VOCABULARIES, Device(name="bench", threads=2))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_facts() -> None:
    facts = asdict(engine_facts(Device(name="bench", dtype="bfloat16")))
    assert facts.pop("processor")
    assert facts.pop("memory_gb") > 0
    assert facts == {
        "engine": "torch_eager",
        "engine_version": torch.__version__,
        "dtype": "bfloat16",
        "threads": 1,
        "cores": os.cpu_count(),
    }


@pytest.mark.parametrize("engine", ["torch_eager", "litert", "onnxruntime"])
def test_more_threads_than_cores_are_refused(engine: str) -> None:
    cores = os.cpu_count() or 1
    with pytest.raises(
        InputError, match=f"device bench: threads: {cores + 1} on {cores} cores; legal: at most {cores}"
    ):
        engine_facts(Device(name="bench", engine=engine, threads=cores + 1))


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize(("engine", "package"), [("litert", "ai-edge-litert"), ("onnxruntime", "onnxruntime")])
def test_runtimes_without_torch_time_random_models(engine: str, package: str, dtype: str) -> None:
    device = Device(name="bench", engine=engine, dtype=dtype)
    sub = SPACE.sample(random.Random(2))
    made: Any = create_engine(sub, VOCABULARIES, device, rows=3)
    state = made.start(made.encode(made.tokens([7, 8, 2])), 3)
    logits = made.step(made.tokens([5, 6, 5]), state)
    assert logits.shape == (3, 30)
    assert np.array_equal(logits[0], logits[2])
    assert not np.allclose(logits[0], logits[1])
    facts = asdict(engine_facts(device))
    assert facts.pop("processor")
    told = {name: facts[name] for name in ("engine", "engine_version", "dtype", "threads")}
    assert told == {"engine": engine, "engine_version": version(package), "dtype": dtype, "threads": 1}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (
            {"engine": "abacus"},
            "device bench > engine: unknown engine 'abacus'; legal: torch_eager, litert, onnxruntime",
        ),
        (
            {"dtype": "int8"},
            "device bench > dtype: 'int8' with the engine torch_eager; legal: float32, bfloat16, float16",
        ),
        (
            {"engine": "litert", "dtype": "bfloat16"},
            "device bench > dtype: 'bfloat16' with the engine litert; legal: float32, int8",
        ),
        (
            {"engine": "onnxruntime", "processor": "cuda"},
            "device bench > processor: 'cuda' with the engine onnxruntime; legal: cpu",
        ),
        ({"processor": "tpu"}, "device bench > processor: 'tpu' with the engine torch_eager; legal: cpu, cuda"),
    ],
)
def test_what_an_engine_does_not_have_is_refused(wrong: dict[str, str], told: str) -> None:
    for refused in (engine_facts, lambda device: create_engine(SPACE.smallest, VOCABULARIES, device)):
        with pytest.raises(InputError) as caught:
            refused(Device(name="bench", **wrong))
        assert str(caught.value) == told


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("processor : 0\nmodel name : Some Xeon\n", "Some Xeon"),
        ("CPU implementer : 0x41\nCPU part : 0xd08\n\nModel : Raspberry Pi 4\n", "Raspberry Pi 4"),
        ("CPU implementer : 0x41\nCPU part : 0xd0c\n", "aarch64 0x41 0xd0c"),
    ],
)
def test_processors_have_names(monkeypatch: pytest.MonkeyPatch, told: str, name: str) -> None:
    monkeypatch.setattr("hat.engines.interface.Path.read_text", lambda *_, **__: told)
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert cpu_name() == name


def test_a_gpu_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(InputError, match="device bench: torch finds no 'cuda' here; legal: cpu"):
        engine_facts(Device(name="bench", processor="cuda"))


def test_a_runtime_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "hat.engines.litert", raising=False)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(
        InputError, match="device bench: the engine litert needs ai-edge-litert; legal: pip install ai-edge-litert"
    ):
        engine_facts(Device(name="bench", engine="litert"))


HEAVY = {"torch", "pandas", "sklearn", "ai_edge_litert", "onnx", "onnxruntime"}
MEASURE = """
import sys
import hat.latency.collection
from hat.latency.protocol import Bench, Protocol, Workload
from hat.engines.interface import Device
from tests.unit.latency_world import SPACE
if {engine!r}:
    work = Workload(source_vocabulary=20, target_vocabulary=20, share_embeddings=True, sentence_length=3)
    bench = Bench(Device(name="bench", engine={engine!r}), work, Protocol(runs=2, dry_runs=0), SPACE.smallest)
    assert bench.measure(SPACE.maximum).latency_ms > 0
print("imported:", *sorted({heavy} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("engine", "expected"),
    [
        ("", []),
        ("litert", ["ai_edge_litert"]),
        ("onnxruntime", ["onnx", "onnxruntime"]),
        ("torch_eager", ["torch"]),
    ],
)
def test_measuring_imports_the_runtime_that_a_device_names_and_no_other(engine: str, expected: list[str]) -> None:
    root = Path(__file__).parents[2]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([*map(str, (root, root / "workflow_scripts")), *sys.path])
    }
    words = [sys.executable, "-c", MEASURE.format(engine=engine, heavy=HEAVY)]
    answer = subprocess.run(words, capture_output=True, text=True, check=True, env=environment)
    assert answer.stdout.splitlines()[-1].split() == ["imported:", *expected]
