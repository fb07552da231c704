"""What several tests share: a tiny design space and a tiny binarised corpus."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import torch
from hat.architecture import DesignSpace

from tests.spaces import TINY
from tests.unit.file_server import Handler, Server

VOCABULARY = 24

hypothesis.settings.register_profile("untimed", deadline=None)  # a busy machine is no fault
hypothesis.settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny_space() -> DesignSpace:
    return TINY


@pytest.fixture(scope="session")
def tiny_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 training pairs over 20 words; the target is the source backwards."""
    return write_binary_corpus(tmp_path_factory.mktemp("corpus") / "binary", {"train": 120, "valid": 20, "test": 12})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr("hat.download.WAITS_SECONDS", ())
    with Server(("127.0.0.1", 0), Handler) as running:
        running.files, running.asked = {}, []
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def write_binary_corpus(folder: Path, lines: dict[str, int]) -> Path:
    from fairseq.data import Dictionary, indexed_dataset

    folder.mkdir(parents=True)
    words = [f"w{number}" for number in range(VOCABULARY - 4)]
    for language in ("de", "en"):
        (folder / f"dict.{language}.txt").write_text("".join(f"{word} 1\n" for word in words))
    dictionary = Dictionary.load(str(folder / "dict.de.txt"))
    rng = random.Random(7)
    for split, count in lines.items():
        pairs = [rng.choices(words, k=rng.randint(2, 9)) for _ in range(count)]
        for language, sentences in (("de", pairs), ("en", [pair[::-1] for pair in pairs])):
            stem = str(folder / f"{split}.de-en.{language}")
            builder = indexed_dataset.make_builder(f"{stem}.bin", impl="mmap", vocab_size=len(dictionary))
            for sentence in sentences:
                builder.add_item(dictionary.encode_line(" ".join(sentence)))
            builder.finalize(f"{stem}.idx")
    facts = {
        "source": "de",
        "target": "en",
        "dictionary": "joint",
        "source_vocabulary": VOCABULARY,
        "target_vocabulary": VOCABULARY,
        "sentence_length": 6,
        "lines": lines,
    }
    (folder / "statistics.json").write_text(json.dumps(facts))
    return folder
