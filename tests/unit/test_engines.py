from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from hat.engines.factory import create_engine, engine_facts
from hat.engines.interface import Device, Vocabularies
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
    facts = asdict(engine_facts(Device(name="bench", threads=3, dtype="bfloat16")))
    assert facts.pop("processor")
    assert facts == {
        "engine": "torch_eager",
        "engine_version": torch.__version__,
        "dtype": "bfloat16",
        "threads": 3,
    }


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"engine": "abacus"}, "device bench: unknown engine 'abacus'; legal: torch_eager"),
        ({"dtype": "int3"}, "device bench: unknown dtype 'int3'; legal: float32, bfloat16, float16"),
        ({"processor": "tpu"}, "device bench: torch finds no 'tpu' here; legal: cpu"),
    ],
)
def test_what_a_machine_does_not_have_is_refused(wrong: dict[str, str], told: str) -> None:
    for refused in (engine_facts, lambda device: create_engine(SPACE.smallest, VOCABULARIES, device)):
        with pytest.raises(InputError) as caught:
            refused(Device(name="bench", **wrong))
        assert str(caught.value).startswith(told)


def test_a_runtime_is_imported_only_when_a_device_names_it() -> None:
    code = "import sys, hat.latency.collection, hat.latency.protocol\n"
    code += "print(*sorted({'torch', 'numpy'} & set(sys.modules)))"
    scripts = Path(__file__).parents[2] / "workflow_scripts"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=scripts)
    assert answer.stdout.split() == ["numpy"]
