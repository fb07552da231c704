"""Both graphs against the torch model, and what they hold, runtime by runtime."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hat.architecture import SubTransformer
from hat.engines import litert, onnxruntime
from hat.engines.embeddings import sinusoidal_positions
from hat.engines.graph_engine import GraphEngine
from hat.engines.graphs import FIRST_ROOM
from hat.engines.interface import Device, Vocabularies
from hat.engines.quantised import quantise_rows
from hat.engines.weights import random_weights, shapes
from hat.model.transformer import Transformer, sinusoidal_table

from tests.unit.latency_world import SPACE
from tests.unit.transformer_world import EOS, SPACES, VOCABULARY, dense, supertransformer

ROWS = 5
RUNTIMES = {"litert": litert, "onnxruntime": onnxruntime}
DRAWN = [(space, seed) for space in SPACES for seed in range(6)]
FP32 = 1e-4
"""Of the largest logit; found: below 1e-6."""
INT8 = 0.06
"""Likewise, for widths of 10 to 64 and weights without a training, which average little out; found: below 0.03."""


def drawn(space: str, seed: int) -> Transformer:
    sub = SPACES[space].sample(random.Random(seed))
    return supertransformer(space, share=seed % 2 == 0).extract(sub)


def engine_of(model: Transformer, runtime: str, dtype: str = "float32", rows: int = ROWS) -> GraphEngine:
    weights = {name: weight.detach().numpy() for name, weight in model.named_parameters()}
    device = Device(name="bench", engine=runtime, dtype=dtype)
    made: GraphEngine = RUNTIMES[runtime].RUNTIME.build_with(model.architecture, weights, device, rows)
    return made


def words(seed: int, count: int) -> Any:
    return np.random.default_rng(seed).integers(4, VOCABULARY, count)


@torch.inference_mode()
def differences(model: Transformer, engine: GraphEngine, seed: int, steps: int) -> Iterator[float]:
    """Of each step, over the largest logit. Rows take different words, and go on from one another's."""
    source, rng = np.append(words(seed, 2 + seed), EOS), np.random.default_rng(seed)
    expected = model.start(model.encode(torch.from_numpy(source)[None]), ROWS)
    found = engine.start(engine.encode(engine.tokens(source.tolist())), ROWS)
    for step in range(steps):
        tokens = words(100 + step, ROWS)
        logits = model.step(torch.from_numpy(tokens), expected).numpy()
        made, total = engine.scored_step(tokens, found)
        assert made.shape == logits.shape
        np.testing.assert_allclose(total[:, 0], np.logaddexp.reduce(made, 1), rtol=1e-5)
        yield float(np.abs(made - logits).max() / np.abs(logits).max())
        rows = rng.integers(0, ROWS, ROWS)
        expected.reorder(torch.from_numpy(rows))
        found.reorder(rows[None])


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(("space", "seed"), DRAWN)
def test_logits_are_those_of_torch(space: str, seed: int, runtime: str) -> None:
    model = drawn(space, seed)
    assert max(differences(model, engine_of(model, runtime), seed, steps=12)) < FP32


def test_the_draws_have_what_a_space_can_have() -> None:
    models = [drawn(space, seed) for space, seed in DRAWN]
    subs = [model.architecture for model in models]
    assert {model.share_embeddings for model in models} == {True, False}
    assert {n for sub in subs for n in sub.decoder_attended_layers} == {1, 2, 3}
    assert any(len(set(sub.decoder_self_heads)) > 1 and len(set(sub.decoder_ffn_dims)) > 1 for sub in subs)
    shared = [model.architecture for model in models if model.share_embeddings]
    assert {np.sign(sub.encoder_embed_dim - sub.decoder_embed_dim) for sub in shared} == {-1, 0, 1}


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("space", SPACES)
def test_caches_grow(space: str, runtime: str) -> None:
    model = drawn(space, 2)
    assert max(differences(model, engine_of(model, runtime), 2, steps=2 * FIRST_ROOM + 3)) < FP32


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(("space", "seed"), DRAWN[::2])
def test_int8_is_near(space: str, seed: int, runtime: str) -> None:
    model = drawn(space, seed)
    found = list(differences(model, engine_of(model, runtime, "int8"), seed, steps=12))
    assert 1e-3 < max(found) < INT8


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_a_sentence_leaves_nothing_to_the_next(runtime: str, dtype: str) -> None:
    """Nor does a broken one: 0 times what a cache holds must not be NaN."""
    model = drawn("elastic", 3)
    engine = engine_of(model, runtime, dtype)
    first = list(differences(model, engine, 3, steps=FIRST_ROOM + 2))
    for values in engine._step.inputs.values():
        if values.ndim == 4 and values.shape[2] > ROWS:
            values[:, :, : ROWS * FIRST_ROOM] = np.nan
    assert list(differences(model, engine, 3, steps=FIRST_ROOM + 2)) == first


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_entries_that_no_step_has_written_are_zeros(runtime: str) -> None:
    engine = engine_of(drawn("demo", 1), runtime)
    state = engine.start(engine.encode(words(0, 6)), ROWS)
    for step in range(3):
        engine.step(words(step, ROWS), state)
        for name, values in engine._step.inputs.items():
            if name.startswith("past"):
                assert values[:, :, : (step + 1) * ROWS].any(axis=(0, 1, 3)).all()
                assert not values[:, :, (step + 1) * ROWS :].any()


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_fewer_rows_than_the_graph_has(runtime: str) -> None:
    model = drawn("wmt", 1)
    whole, part = (engine_of(model, runtime) for _ in range(2))
    source, tokens = words(5, 7), words(6, ROWS)
    expected = whole.step(tokens, whole.start(whole.encode(source), ROWS)).copy()
    np.testing.assert_array_equal(part.step(tokens[:2], part.start(part.encode(source), 2)), expected[:2])


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_a_batch_has_the_logits_of_its_sentences(runtime: str, dtype: str) -> None:
    """Alone and in company, to the last bit unless the engine says otherwise."""
    engine = engine_of(drawn("demo", 4), runtime, dtype)
    assert engine.independent == ((runtime, dtype) != ("onnxruntime", "int8"))
    sources, tokens = [words(length, length) for length in (3, 8, 5)], words(9, 3 * ROWS)
    encoded = [engine.encode(source) for source in sources]
    turned = np.array([[4, 3, 2, 1, 0], [0, 0, 0, 1, 1], [2, 3, 4, 0, 1]])

    def run(chosen: list[int]) -> list[Any]:
        state, found = engine.start_batch([encoded[i] for i in chosen], ROWS, 8), []
        for step in range(4):
            mine = np.concatenate([np.roll(tokens, step)[i * ROWS : (i + 1) * ROWS] for i in chosen])
            found.append(engine.step(mine, state).reshape(len(chosen), ROWS, -1).copy())
            state.reorder(turned[chosen])
        return found

    together = run([0, 1, 2])
    for number in range(3):
        for step, alone in enumerate(run([number])):
            tolerance = 0 if engine.independent else INT8 * np.abs(alone).max()
            np.testing.assert_allclose(together[step][number], alone[0], atol=tolerance, rtol=0)


def test_a_state_lives_until_the_next_start() -> None:
    engine = engine_of(drawn("demo", 1), "litert")
    encoded = engine.encode(words(0, 6))
    old = engine.start(encoded, ROWS)
    engine.start(encoded, ROWS)
    with pytest.raises(ValueError, match="earlier start"):
        engine.step(words(0, ROWS), old)
    for rows, room in ((ROWS + 1, 6), (0, 6), (1, 5)):
        with pytest.raises(ValueError, match="rows"):
            engine.start_batch([encoded], rows, room)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("share", [True, False])
def test_random_weights_are_those_of_the_dense_model(space: str, share: bool) -> None:
    sub: SubTransformer = SPACES[space].sample(random.Random(7))
    target = VOCABULARY if share else VOCABULARY + 4
    sizes = Vocabularies(source_vocabulary=VOCABULARY, target_vocabulary=target, share_embeddings=share)
    expected = {name: tuple(weight.shape) for name, weight in dense(sub, share).named_parameters()}
    made = random_weights(sub, sizes)
    assert shapes(sub, sizes) == expected == {name: values.shape for name, values in made.items()}
    assert all(values.dtype == np.float32 for values in made.values())
    again, other = random_weights(sub, sizes), random_weights(sub, sizes, seed=1)
    name = "decoder.0.ffn.expand.weight"
    assert np.array_equal(made[name], again[name])
    assert not np.array_equal(made[name], other[name])
    assert made[name].std() == pytest.approx(made[name].shape[1] ** -0.5, rel=0.15)


@pytest.mark.parametrize("width", [2, 16, 640])
def test_positions_are_those_of_torch(width: int) -> None:
    expected = sinusoidal_table(700, width, 1).numpy()
    np.testing.assert_allclose(sinusoidal_positions(700, width), expected, atol=1e-6)


def test_rows_of_integers() -> None:
    matrix = np.array([[1.0, -2.0, 0.5], [0.0, 0.0, 0.0], [3e-5, 1e-5, 0.0]], np.float32)
    values, scales = quantise_rows(matrix)
    assert values.tolist() == [[64, -127, 32], [0, 0, 0], [127, 42, 0]]
    assert np.abs(values * scales[:, None] - matrix).max() <= scales.max() / 2


def resident_kilobytes(file: Path) -> int:
    """What of a mapped file is in memory."""
    blocks = re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", Path("/proc/self/smaps").read_text(), flags=re.MULTILINE)
    mine = [block for block in blocks if str(file) in block.partition("\n")[0]]
    assert mine, "it is not mapped"
    return sum(int(number) for block in mine for number in re.findall(r"^Rss: +(\d+) kB", block, flags=re.MULTILINE))


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="only Linux tells")
def test_weights_are_in_memory_once(tmp_path: Path) -> None:
    sub = replace(SPACE.maximum, encoder_ffn_dims=(1 << 16,) * SPACE.maximum.encoder_layers)
    sizes = Vocabularies(source_vocabulary=70, target_vocabulary=70, share_embeddings=True)
    file = tmp_path / "encoder"
    file.write_bytes(litert.RUNTIME.graphs(sub, random_weights(sub, sizes), "float32", ROWS)[0])
    loaded = litert.LiteRtRunner(file, 1)
    assert resident_kilobytes(file) < file.stat().st_size / 1024 / 4
    assert file.stat().st_size > 10 << 20
    first = loaded.run()["cross_k0"].copy()
    np.testing.assert_array_equal(loaded.run()["cross_k0"], first)


def test_a_file_of_weights_is_read_from_disk(tmp_path: Any) -> None:
    sub = SPACE.maximum
    sizes = Vocabularies(source_vocabulary=70, target_vocabulary=70, share_embeddings=True)
    weights, encoder = random_weights(sub, sizes), tmp_path / "encoder"
    for runtime, runner in ((litert, litert.LiteRtRunner), (onnxruntime, onnxruntime.OnnxRunner)):
        content = runtime.RUNTIME.graphs(sub, weights, "float32", ROWS)[0]
        encoder.write_bytes(content)
        found = []
        for graph in (content, encoder):
            loaded = runner(graph, 1)
            loaded.resize({"embedded": (3, sub.encoder_embed_dim)})
            loaded.inputs["embedded"][:] = np.linspace(-1, 1, loaded.inputs["embedded"].size).reshape(3, -1)
            found.append(loaded.run()["cross_k0"].copy())
        np.testing.assert_array_equal(*found)
        assert np.abs(found[0]).max() > 0
