"""Checkpoints hold a model's own weights, load with weights only, and are refused in one line when corrupt."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hat.cost import count_parameters
from hat.errors import InputError
from hat.model.checkpoint import load_checkpoint, save_checkpoint

from tests.spaces import WMT_SIXTEENTH
from tests.unit.transformer_world import ELASTIC, dense, drawn, sentences, table_sizes


@pytest.fixture(autouse=True)
def no_grad() -> Iterator[None]:
    with torch.no_grad():
        yield


@pytest.mark.parametrize("seed", [0, 1])
def test_an_extracted_checkpoint_holds_its_own_weights_and_nothing_else(tmp_path: Path, seed: int) -> None:
    model, sub = drawn("wmt", seed)
    extracted = model.extract(sub)
    save_checkpoint(tmp_path / "sub.pt", extracted, updates=7, note="ü")
    record = torch.load(tmp_path / "sub.pt", weights_only=True)
    assert {name: weight.shape for name, weight in record["weights"].items()} == {
        name: weight.shape for name, weight in dense(sub, model.share_embeddings).named_parameters()
    }
    numbers = sum(weight.untyped_storage().nbytes() // 4 for weight in record["weights"].values())
    assert numbers == count_parameters(sub) + table_sizes(sub, model)
    loaded, facts = load_checkpoint(tmp_path / "sub.pt")
    assert facts == {"updates": 7, "note": "ü"}
    assert loaded.architecture == sub
    assert not loaded.training
    source, previous = sentences(seed)
    assert torch.equal(loaded(source, previous), extracted(source, previous))


def test_a_supertransformer_is_saved_whole_whatever_is_active(tmp_path: Path) -> None:
    model, sub = drawn("wmt", 0)
    model.activate(sub)
    save_checkpoint(tmp_path / "super.pt", model)
    loaded, _ = load_checkpoint(tmp_path / "super.pt")
    assert loaded.architecture == WMT_SIXTEENTH.maximum
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(model.parameters(), loaded.parameters(), strict=True))


class Explosive:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("exploded"),))  # type: ignore[return-value]


def _broken_checkpoints(folder: Path) -> Iterator[Path]:
    save_checkpoint(folder / "good.pt", dense(ELASTIC.smallest, share=True))
    good = (folder / "good.pt").read_bytes()
    for name, content in {
        "empty": b"",
        "text": b"no checkpoint\n",
        "start": good[: len(good) // 2],
        "almost": good[:-30],
        "zip": good[: len(good) // 3] + bytes(1000) + good[len(good) // 3 + 1000 :],
        "code": pickle.dumps({"architecture": Explosive()}, protocol=2),
    }.items():
        (folder / f"{name}.pt").write_bytes(content)
        yield folder / f"{name}.pt"
    record = torch.load(folder / "good.pt", weights_only=True)
    weights = record["weights"]
    for name, wrong in {
        "keyless": {key: value for key, value in record.items() if key != "weights"},
        "factless": {key: value for key, value in record.items() if key != "facts"},
        "list": [record],
        "tensor": torch.zeros(3),
        "none": None,
        "short": record | {"weights": dict(list(weights.items())[1:])},
        "long": record | {"weights": weights | {"more": torch.zeros(1)}},
        "shape": record | {"weights": weights | {"embeddings.source_table": torch.zeros(2, 2)}},
        "weights": record | {"weights": [1]},
        "architecture": record | {"architecture": {**record["architecture"], "qkv_dim": 7}},
        "padding": record | {"padding_index": 10**6},
    }.items():
        torch.save(wrong, folder / f"{name}.pt")
        yield folder / f"{name}.pt"
    yield folder / "absent.pt"
    (folder / "folder.pt").mkdir()
    yield folder / "folder.pt"


@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence")
def test_corrupt_checkpoints_are_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in _broken_checkpoints(tmp_path):
        with pytest.raises(InputError, match=f"^{path}: "):
            load_checkpoint(path)
    assert not (tmp_path / "exploded").exists()
