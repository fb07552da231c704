"""What needs a GPU: logits beside the CPU's, trainings in fp16 and bf16, latencies by the protocol."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from hat.architecture import DesignSpace
from hat.engines.interface import Device
from hat.latency.protocol import Bench, Protocol, Workload

from tests.unit.test_training import training
from tests.unit.transformer_world import drawn, incremental, sentences

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here"),
]
PLACES = 1e-4
"""Of the largest logit."""


@pytest.mark.parametrize("seed", range(3))
def test_logits_are_those_of_the_cpu(seed: int) -> None:
    model, sub = drawn("wmt", seed)
    model = copy.deepcopy(model)
    model.activate(sub)
    source, previous = sentences(seed)
    expected, stepped = model(source, previous), incremental(model, source, previous)
    model.cuda()
    found = model(source.cuda(), previous.cuda()).cpu()
    assert float((found - expected).abs().max()) < PLACES * float(expected.abs().max())
    found = incremental(model, source.cuda(), previous.cuda()).cpu()
    assert float((found - stepped).abs().max()) < PLACES * float(stepped.abs().max())


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_a_supertransformer_learns(precision: str, tiny_corpus: Path, tiny_space: DesignSpace, tmp_path: Path) -> None:
    _, facts = training(tiny_corpus, tiny_space, precision=precision).run(tmp_path)
    losses = [row["valid_loss"] for row in facts["log"]]
    assert losses[-1] < losses[0] - 0.2


def test_latency_by_the_protocol(tiny_space: DesignSpace) -> None:
    device = Device(name="gpu", engine="torch_eager", processor="cuda")
    workload = Workload(sentence_length=10, source_vocabulary=100, target_vocabulary=100, share_embeddings=True)
    bench = Bench(device, workload, Protocol(runs=20, precision=None), tiny_space.largest)
    found = bench.measure(tiny_space.largest)
    assert found.latency_ms > 0
    assert found.signature.processor == torch.cuda.get_device_name()
