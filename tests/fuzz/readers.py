"""Every reader of the project, and a right file for each to start from."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from hat.architecture import FEATURE_NAMES, SubTransformer
from hat.budgets import budget_ms
from hat.corpus.description import Corpus, Side
from hat.corpus.unpack import unpack
from hat.download import Resource
from hat.files import write_json
from hat.interop.architectures import read_architecture
from hat.latency.collection import Log
from hat.latency.device_signature import DeviceSignature
from hat.latency.protocol import Workload
from hat.latency.samples import Sample, draw_samples, read_samples, write_samples
from hat.model.checkpoint import load_checkpoint, save_checkpoint
from hat.model.transformer import Transformer
from hat.paper.gathered import read_gathered, tidy, write_gathered
from hat.predictor.measurements import read_measurements
from hat.predictor.model import Predictor
from hat.predictor.published import PublishedSamples
from hat.search.limits import SizeLimit
from hat.search.tables import read_candidates
from hat_workflow import experiment, settings

from tests.unit.latency_world import SIGNATURE, SPACE, latency
from tests.unit.paper_world import row
from tests.unit.published_world import published_rows, write_published

CONFIG = settings.CONFIG
AUTHORS = """encoder-embed-dim-subtransformer: 512
decoder-embed-dim-subtransformer: 512
encoder-ffn-embed-dim-all-subtransformer: [1024, 2048]
decoder-ffn-embed-dim-all-subtransformer: [1024]
encoder-layer-num-subtransformer: 2
decoder-layer-num-subtransformer: 1
encoder-self-attention-heads-all-subtransformer: [4, 8]
decoder-self-attention-heads-all-subtransformer: [4]
decoder-ende-attention-heads-all-subtransformer: [8]
decoder-arbitrary-ende-attn-all-subtransformer: [-1]
"""
SGML = """<doc><src lang="de"><seg id="1">eins &amp; &#8211;</seg></src>
<ref lang="en"><seg id="1">one</seg></ref></doc>
"""


class Reader(NamedTuple):
    """What reads a file, and a file that it reads."""

    file: str
    content: bytes
    read: Callable[[Path], Any]


def readers(folder: Path) -> dict[str, Reader]:
    """All of them by name; `folder` is for making files."""
    subs = draw_samples(SPACE, 1, 20)
    numbers = latency(10.0).at(7.0).numbers()
    write_samples(folder / "samples.csv", [Sample(sub=sub, numbers=numbers, order=n) for n, sub in enumerate(subs)])
    DeviceSignature(signature=SIGNATURE, anchor_ms=7.0).save(folder / "signature.json")
    budgets = {
        "p50": {"text": "50%, 1M parameters, 5 MB", "latency_ms": 5.0, "dtype": "float32", "vocabularies": [100]}
    }
    write_json(folder / "budgets.json", {"budgets": budgets})
    ranked = [{"rank": str(n), "loss": "3.5", "predicted_ms": "9.5", **sub.to_row()} for n, sub in enumerate(subs, 1)]
    write_gathered(folder / "models.csv", "models", [tidy("models", [_frame(row("hat", "hat", 9.5, 33.0))])])
    statistics = {"source_vocabulary": 100, "target_vocabulary": 100, "dictionary": "joint", "sentence_length": 9}
    model = Transformer(SPACE.smallest, source_vocabulary=20, target_vocabulary=20, share_embeddings=True)
    save_checkpoint(folder / "checkpoint.pt", model)
    torch.save(_predictor(), folder / "predictor.pt")
    write_published(folder / "published.csv", published_rows(SPACE, 60))
    logged = "".join(json.dumps({"sample": n, "latency": numbers}) + "\n" for n in range(5))
    made = {name: (folder / name).read_bytes() for name in ("samples.csv", "signature.json", "budgets.json")}
    made |= {name: (folder / name).read_bytes() for name in ("models.csv", "checkpoint.pt", "predictor.pt")}
    found = {
        "experiment": Reader(
            "mine.yaml", (CONFIG / "multi30k.yaml").read_bytes(), lambda path: experiment.read(str(path))
        ),
        "corpus": Reader("c.de-en.yaml", (CONFIG / "corpora" / "multi30k.de-en.yaml").read_bytes(), _corpus),
        "corpus of archives": Reader("c.en-fr.yaml", (CONFIG / "corpora" / "wmt14.en-fr.yaml").read_bytes(), _corpus),
        "space": Reader("space.yaml", (CONFIG / "spaces" / "space0.yaml").read_bytes(), settings.design_space),
        "training": Reader("training.yaml", (CONFIG / "training" / "wmt.yaml").read_bytes(), _recipe),
        "device": Reader("d.yaml", (CONFIG / "devices" / "this-cpu.yaml").read_bytes(), _device),
        "architecture": Reader("a.yaml", _text(SPACE.largest), SubTransformer.load),
        "authors' architecture": Reader("a.yaml", AUTHORS.encode(), read_architecture),
        "samples": Reader("samples.csv", made["samples.csv"], read_samples),
        "measurements": Reader("samples.csv", made["samples.csv"], lambda path: read_measurements(path, SPACE, "s")),
        "published latencies": Reader("p.csv", (folder / "published.csv").read_bytes(), PublishedSamples.load),
        "candidates": Reader("candidates.csv", _csv(ranked), read_candidates),
        "gathered results": Reader("models.csv", made["models.csv"], lambda path: read_gathered(path, "models")),
        "latency signature": Reader("signature.json", made["signature.json"], DeviceSignature.load),
        "budgets": Reader("budgets.json", made["budgets.json"], lambda path: budget_ms(path, "p50")),
        "size budgets": Reader("budgets.json", made["budgets.json"], lambda path: SizeLimit.load(path, "p50")),
        "statistics": Reader("statistics.json", json.dumps(statistics).encode(), Workload.from_statistics),
        "log of a collection": Reader("log.jsonl", logged.encode(), Log),
        "checkpoint": Reader("checkpoint.pt", made["checkpoint.pt"], load_checkpoint),
        "predictor": Reader("predictor.pt", made["predictor.pt"], lambda path: Predictor.load(path).predict_ms(subs)),
        "text": Reader("t.txt", b"eins zwei\ndrei\n" * 20, _unpacked()),
        "gzip": Reader("t.gz", gzip.compress(b"eins zwei\ndrei\n" * 20), _unpacked()),
        "table": Reader("t.tsv", b"eins\tone\nzwei\ttwo\n" * 20, _unpacked(column=2)),
        "test set": Reader("t.sgm", SGML.encode(), _unpacked(format="sgml", language="de")),
        "talks": Reader("t.xml", b"<url>u</url>\n<title>t</title>\neins\n", _unpacked(format="iwslt")),
        "zip": Reader("t.zip", _zip(), _unpacked(member="a/t.txt")),
        "tar": Reader("t.tgz", _tar(), _unpacked(member="a/t.txt")),
    }
    return found


def _frame(found: dict[str, Any]) -> Any:
    import pandas as pd

    return pd.DataFrame([found])


def _predictor() -> dict[str, Any]:
    return {
        "format": "hat latency predictor 1",
        "features": list(FEATURE_NAMES),
        "maxima": torch.tensor(SPACE.feature_maxima(), dtype=torch.float64),
        "mlp": [torch.zeros(2, 10), torch.zeros(2), torch.zeros(1, 2), torch.zeros(1)],
        "scale_ms": 1.0,
        "ridge": torch.zeros(1 + 10 + 3 + 11),
        "chosen": "ridge",
    }


def _text(sub: SubTransformer) -> bytes:
    return json.dumps(sub.to_dict()).encode()


def _csv(rows: list[dict[str, str]]) -> bytes:
    return "".join(",".join(cells) + "\n" for cells in [[*rows[0]], *([*each.values()] for each in rows)]).encode()


def _experiment(path: Path) -> experiment.Experiment:
    return experiment.read(str(path))


def _corpus(path: Path) -> Corpus:
    return Corpus.from_settings(settings.load("corpus", path), str(path))


def _recipe(path: Path) -> dict[str, Any]:
    return settings.recipe(path, "finetuning")


def _device(path: Path) -> dict[str, Any]:
    return settings.load("device", path)


def _unpacked(**side: Any) -> Callable[[Path], list[int]]:
    return lambda path: unpack(path, [Side(resource=Resource(candidates=(str(path),)), **side)], [io.StringIO()])


def _zip() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/t.txt", "eins\nzwei\n" * 20)
        archive.writestr("a/other.txt", "drei\n")
    return written.getvalue()


def _tar() -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        data = b"eins\nzwei\n" * 20
        entry = tarfile.TarInfo("a/t.txt")
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return written.getvalue()
