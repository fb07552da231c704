"""What a corpus file may say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hat.corpus.description import Corpus, Side, reference_file
from hat.download import Resource
from hat.errors import InputError
from hat_workflow import settings

from tests.unit.corpus_files import described


def test_six_lines_make_a_corpus(tmp_path: Path) -> None:
    path = tmp_path / "own.de-en.yaml"
    path.write_text("source: de\ntarget: en\ntrain: a/train\nvalid: a/valid\ntest: https://b.org/test\nbpe: 8000\n")
    corpus = Corpus.from_settings(settings.load("corpus", path), str(path))
    assert (corpus.name, corpus.languages, corpus.dictionary, corpus.tests) == ("own", ("de", "en"), "joint", ("test",))
    (train,) = corpus.splits["train"]
    assert train["de"] == Side(resource=Resource(candidates=("a/train.de", "a/train.de.gz")), language="de")
    assert [split for split, (part,) in corpus.splits.items() if part["en"].resource.remote] == ["test"]


def test_multi30k() -> None:
    corpus = Corpus.from_settings(settings.load("corpus", "multi30k.de-en"), "multi30k.de-en")
    assert list(corpus.splits) == ["train", "valid", "test", "test2017", "testcoco"]
    resources = [side.resource for (part,) in corpus.splits.values() for side in part.values()]
    assert all(resource.remote and len(resource.sha256 or "") == 64 for resource in resources)
    assert len({resource.sha256 for resource in resources}) == 10
    assert not corpus.lowercase


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"target": "de"}, "source and target are both 'de'"),
        ({"train": None}, "key 'train' is missing"),
        ({"bpe": None}, "key 'bpe' is missing"),
        ({"bep": 8000}, "unknown key 'bep'"),
        ({"train": {"de": "x", "fr": "y"}}, "train: sides de, fr; legal: de and en"),
        ({"train": {"de": "x", "en": {"url": "y", "sha": "0"}}}, "train > en: unknown key 'sha'"),
        ({"tests": {"dev": "x"}}, "test2017"),
        ({"max_ratio": 0.5}, "max_ratio: 0.5"),
        ({"dictionary": "shared"}, "joint"),
        ({"generated": {}}, "either generated, or train, valid and test"),
        ({"references": {"tset": "x"}}, "references: unknown split 'tset'"),
        ({"already_subwords": True}, "no raw reference for 'test'"),
        ({"already_subwords": True, "aggressive_hyphens": True}, "aggressive_hyphens: true"),
        ({"binarised": {"url": "x"}}, "either binarised, or train, valid and test"),
        ({"binarised": {"url": "x"}, "train": None, "valid": None, "test": None}, "already_subwords: false"),
    ],
)
def test_bad_corpus_files(tmp_path: Path, settings: dict[str, Any], line: str) -> None:
    with pytest.raises(InputError) as caught:
        described(tmp_path, **settings)
    assert str(caught.value).startswith(str(tmp_path / "tiny.de-en.yaml"))
    assert line in str(caught.value)


def test_reference_file_prefers_the_named_reference(tmp_path: Path) -> None:
    assert reference_file(tmp_path, "test", "en") == tmp_path / "test.en"
    (tmp_path / "references").mkdir()
    (tmp_path / "references" / "test.en").touch()
    assert reference_file(tmp_path, "test", "en") == tmp_path / "references" / "test.en"
