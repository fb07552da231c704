from __future__ import annotations

import random
from dataclasses import asdict

import pytest
import torch
from hat.engines.factory import create_engine, engine_facts
from hat.engines.interface import Device
from hat.errors import InputError
from hat.model.transformer import Transformer

from tests.unit.latency_world import SPACE

CPU = Device(name="bench")


def model(seed: int = 0) -> Transformer:
    torch.manual_seed(seed)
    sub = SPACE.sample(random.Random(seed))
    return Transformer(sub, source_vocabulary=20, target_vocabulary=30, share_embeddings=False, dropout=0.5)


@pytest.mark.parametrize("seed", range(3))
def test_steps_give_the_logits_of_teacher_forcing_in_eval_mode(seed: int) -> None:
    transformer = model(seed)
    engine = create_engine(transformer, CPU)
    source, previous = [7, 8, 9, 2], [2, 5, 6]
    state = engine.start(engine.encode(engine.tokens(source)), 5)
    steps = [engine.step(engine.tokens([token] * 5), state) for token in previous]
    stepped = torch.stack(steps, dim=1)
    expected = transformer(torch.tensor([source]), torch.tensor([previous])).detach()
    assert stepped.shape == (5, 3, 30)
    torch.testing.assert_close(stepped, expected.expand(5, -1, -1), atol=1e-5, rtol=0)
    assert all(step.is_inference() for step in steps)


def test_dtype_is_the_devices() -> None:
    engine = create_engine(model(), Device(name="bench", dtype="bfloat16"))
    state = engine.start(engine.encode(engine.tokens([7, 2])), 2)
    assert engine.step(engine.tokens([5, 5]), state).dtype == torch.bfloat16


def test_threads_are_the_devices() -> None:
    before = torch.get_num_threads()
    try:
        create_engine(model(), Device(name="bench", threads=2))
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
    for refused in (engine_facts, lambda device: create_engine(model(), device)):
        with pytest.raises(InputError) as caught:
            refused(Device(name="bench", **wrong))
        assert str(caught.value).startswith(told)
