"""A corpus that is published in fairseq's binary format comes through the stages as it was."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

import binarise_corpus
import pytest
from hat.corpus.clean import clean_corpus
from hat.corpus.description import Corpus
from hat.corpus.fetch import fetch_corpus
from hat.corpus.subwords import encode_corpus
from hat.corpus.tokens import tokenise_corpus
from hat.errors import InputError
from hat.files import read_json

from tests.unit.corpus_files import described, lines_of, text_folder

GERMAN = [
    "der Hu@@ nd schläft .",
    "die Kat@@ ze sieht den Hu@@ nd !",
    "ein Ma@@ nn <unk> .",
    "zwei Kin@@ der spielen .",
]
ENGLISH = [
    "the d@@ og sleeps .",
    "the c@@ at sees the d@@ og !",
    "a m@@ an wal@@ ks .",
    "two chil@@ dren are playing .",
]
SIDES = {"de": GERMAN, "en": ENGLISH}
FILES = [
    f"{split}.de-en.{side}.{end}" for split in ("train", "valid", "test") for side in SIDES for end in ("bin", "idx")
]
DICTIONARIES = ["dict.de.txt", "dict.en.txt"]


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A folder as fairseq writes it, in an order of words that no counting gives."""
    from fairseq.binarizer import FileBinarizer, VocabularyDatasetBinarizer
    from fairseq.data import Dictionary

    text, folder = (
        text_folder(tmp_path / "text", **dict.fromkeys(("train", "valid", "test"), (GERMAN, ENGLISH))),
        tmp_path / "theirs",
    )
    folder.mkdir()
    for side, lines in SIDES.items():
        words = Dictionary()
        for word in sorted({word for line in lines for word in line.split()} - {"<unk>"}, reverse=True):
            words.add_symbol(word)
        words.save(str(folder / f"dict.{side}.txt"))
        for split in ("train", "valid", "test"):
            prefix = folder / f"{split}.de-en.{side}"
            binarizer = VocabularyDatasetBinarizer(words, append_eos=True)
            FileBinarizer.multiprocess_dataset(
                str(text / f"{split}.{side}"), "mmap", binarizer, str(prefix), vocab_size=len(words)
            )
    return folder


def packed(folder: Path, below: str = "") -> Path:
    archive = folder.with_suffix(".tgz")
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, arcname=below or ".")
    return archive


def settings(tmp_path: Path, archive: Path, **changed: Any) -> dict[str, Any]:
    reference = tmp_path / "reference.en"
    reference.write_text("The dog sleeps.\nThe cat sees the dog!\n", encoding="utf-8")
    whole = {
        "train": None,
        "valid": None,
        "test": None,
        "bpe": None,
        "dictionary": "separate",
        "already_subwords": True,
    }
    parts = [str(reference), str(reference)]
    return whole | {"binarised": {"url": str(archive)}, "references": {"test": parts}} | changed


def fetched(tmp_path: Path, archive: Path, **changed: Any) -> Corpus:
    corpus = described(tmp_path, **settings(tmp_path, archive, **changed))
    fetch_corpus(corpus, tmp_path / "raw")
    return corpus


@pytest.mark.parametrize("below", ["", "data/binary"])
def test_the_stages_give_back_the_same_bytes(tmp_path: Path, theirs: Path, below: str) -> None:
    corpus = fetched(tmp_path, packed(theirs, below))
    assert lines_of(tmp_path / "raw" / "train.de") == GERMAN
    assert len(lines_of(tmp_path / "raw" / "references" / "test.en")) == 4
    clean_corpus(corpus, tmp_path / "raw", tmp_path / "clean")
    tokenise_corpus(corpus, tmp_path / "clean", tmp_path / "tokens")
    assert lines_of(tmp_path / "tokens" / "test.en")[0] == "the dog sleeps ."
    encode_corpus(corpus, tmp_path / "clean", tmp_path / "tokens", tmp_path / "bpe")
    arguments = ("--corpus", corpus.place, "--bpe", tmp_path / "bpe", "--output", tmp_path / "binary")
    binarise_corpus.main(binarise_corpus.parser().parse_args([*map(str, arguments)]))
    for name in FILES:
        assert (tmp_path / "binary" / name).read_bytes() == (theirs / name).read_bytes(), name
    for name in DICTIONARIES:
        assert (tmp_path / "binary" / name).read_text().startswith((theirs / name).read_text())
    assert read_json(tmp_path / "binary" / "statistics.json")["subword_marker"] == "@@"


def test_two_dictionaries_are_not_one(tmp_path: Path, theirs: Path) -> None:
    corpus = fetched(tmp_path, packed(theirs), dictionary="joint")
    clean_corpus(corpus, tmp_path / "raw", tmp_path / "clean")
    with pytest.raises(InputError, match=r"its two dictionaries differ; legal: dictionary: separate"):
        encode_corpus(corpus, tmp_path / "clean", tmp_path / "tokens", tmp_path / "bpe")


def test_damage_is_one_line(tmp_path: Path, theirs: Path) -> None:
    def refused(words: str) -> None:
        with pytest.raises(InputError, match=words):
            fetched(tmp_path, packed(theirs))
        assert not (tmp_path / "raw").exists()

    index, text, words = (theirs / name for name in ("valid.de-en.en.idx", "test.de-en.de.bin", "dict.de.txt"))
    whole = {path: path.read_bytes() for path in (index, text, words)}
    index.unlink()
    refused(r"theirs\.tgz: no member 'valid\.de-en\.en\.idx'")
    index.write_bytes(b"TNTIDX\x00\x00" + whole[index][8:])
    refused(r"valid\.de-en\.en\.idx: another format")
    index.write_bytes(whole[index][:30])
    refused(r"valid\.de-en\.en\.idx: damaged")
    index.write_bytes(whole[index])
    text.write_bytes(whole[text][:-4])
    refused(r"test\.de-en\.de\.bin: \d+ ids; legal: \d+, as \.idx says")
    text.write_bytes(whole[text])
    words.write_text("the 1\n", encoding="utf-8")
    refused(r"\.de\.bin: id \d+; legal: less than 5, by its dictionary")
    archive = packed(theirs)
    archive.write_bytes(archive.read_bytes()[:-300])
    with pytest.raises(InputError, match="damaged, or no archive"):
        fetched(tmp_path, archive)
