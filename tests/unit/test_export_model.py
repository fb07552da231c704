"""The command that makes a trained model a bundle: what it writes, and what it refuses to ship."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import export_model
import pytest
import torch
from hat.corpus.subwords import encode_corpus
from hat.errors import InputError
from hat.files import read_json, write_json
from hat.model.checkpoint import save_checkpoint
from hat.model.packing import Packed
from hat.model.quantisation import quantise
from hat.model.transformer import Transformer
from hat.translator.bundle import load

from tests.unit.corpus_files import ENGLISH, GERMAN, corpus_file, described, text_folder
from tests.unit.transformer_world import SPACES

SCORE = {"split": "test", "sacrebleu": 0.0, "chrf2": 0.0}


def prepared(folder: Path, dictionary: str, quantised: bool = False) -> dict[str, str]:
    """A tiny corpus and a model for its vocabularies; the command's arguments."""
    folder.mkdir(exist_ok=True)
    corpus = described(folder, dictionary=dictionary, licence="CC0-1.0")
    text = text_folder(folder / "text")
    encode_corpus(corpus, text, text, folder / "bpe")
    setting = {"dictionary": dictionary, "source": "de", "target": "en"}
    source, target = (4 + len(export_model.dictionary(folder / "bpe", setting, side)) for side in ("source", "target"))
    torch.manual_seed(1)
    sub = SPACES["elastic"].sample(random.Random(1))
    share = dictionary == "joint"
    model = Transformer(sub, source_vocabulary=source, target_vocabulary=target, share_embeddings=share).eval()
    packed: dict[str, Packed] = quantise(model, 4) if quantised else {}
    save_checkpoint(folder / "checkpoint.pt", model, packed)
    write_json(folder / "score.json", SCORE)
    write_json(folder / "latency.json", {"latency_ms": 3.5, "signature": {"device": "this-cpu"}})
    return {
        "--task": "tiny",
        "--model": "small",
        "--checkpoint": str(folder / "checkpoint.pt"),
        "--corpus": str(corpus_file(folder, dictionary=dictionary, licence="CC0-1.0")),
        "--bpe": str(folder / "bpe"),
        "--tokens": str(text),
        "--raw": str(text),
        "--score": str(folder / "score.json"),
        "--latency": str(folder / "latency.json"),
        "--beam": "2",
        "--output": str(folder / "ship"),
    }


def export(words: dict[str, str]) -> dict[str, Any]:
    export_model.main(export_model.parser().parse_args([word for pair in words.items() for word in pair]))
    return dict(read_json(Path(words["--output"]) / "manifest.json"))


@pytest.mark.parametrize("dictionary", ["joint", "separate"])
def test_a_trained_model_becomes_a_bundle(tmp_path: Path, dictionary: str) -> None:
    manifest = export(prepared(tmp_path, dictionary))
    assert manifest["licence"] == "CC0-1.0"
    assert manifest["latency"] == [{"latency_ms": 3.5, "signature": {"device": "this-cpu"}}]
    assert manifest["scores"]["trained"] == SCORE
    assert set(manifest["scores"]) == {
        "trained",
        *(f"{engine} {dtype}" for engine in ("litert", "onnxruntime") for dtype in ("float32", "int8")),
        *(f"litert {dtype} shortlist" for dtype in ("float32", "int8")),
    }
    signed = manifest["scores"]["litert int8"]
    assert signed["signatures"]["sacrebleu"].startswith("nrefs:1")
    translated = [load(tmp_path / "ship", engine=engine).translate(GERMAN) for engine in ("litert", "onnxruntime")]
    assert translated[0] == translated[1]
    assert len(translated[0]) == len(ENGLISH)
    assert set(manifest["files"]) == {path.name for path in (tmp_path / "ship").iterdir()} - {"manifest.json"}


def test_a_model_of_few_bits_is_exported_like_any_other(tmp_path: Path) -> None:
    whole, few = prepared(tmp_path / "whole", "joint"), prepared(tmp_path / "few", "joint", quantised=True)
    assert export(whole)["files"] != export(few)["files"]


@pytest.mark.parametrize(
    ("own", "told"),
    [
        (
            {"sacrebleu": 99.0},
            r"litert float32: sacrebleu is \d.*, that of the trained model 99.00; legal: at most 0.1",
        ),
        ({"chrf2": 99.0}, r"litert float32: chrf2 is \d.*, that of the trained model 99.00; legal: at most 0.1 less"),
    ],
)
def test_what_translates_worse_is_not_shipped(tmp_path: Path, own: dict[str, float], told: str) -> None:
    words = prepared(tmp_path, "joint")
    write_json(tmp_path / "score.json", SCORE | own)
    with pytest.raises(InputError, match=told):
        export(words)
    assert not (tmp_path / "ship").exists()


def test_int8_may_lose_more_than_fp32(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(export_model.POINTS, "int8", -100.5)
    with pytest.raises(InputError, match=r"litert int8: sacrebleu is .*; legal: at most -100.5 less"):
        export(prepared(tmp_path, "joint"))


def test_logits_must_be_those_of_the_trained_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = prepared(tmp_path, "joint")
    monkeypatch.setattr(export_model, "LOGITS", 0.0)
    with pytest.raises(InputError, match=r"checkpoint\.pt: litert float32: logits differ by .*; legal: at most 0\.0"):
        export(words)
    real = export_model.load_checkpoint

    def spoilt(path: Path) -> Any:
        model, facts = real(path)
        model.step = lambda tokens, state: Transformer.step(model, tokens, state) * 1.001
        return model, facts

    monkeypatch.setattr(export_model, "LOGITS", 1e-4)
    monkeypatch.setattr(export_model, "load_checkpoint", spoilt)
    with pytest.raises(InputError, match=r"logits differ by 0\.001"):
        export(words)
