"""A tiny corpus through all commands, as by hand."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest
from hat.errors import InputError
from hat.files import read_json
from hat_fairseq.binarising import sentence_length

from tests.unit.corpus_files import corpus_file, lines_of, text_folder

GERMAN = [f"Der {noun} Nr. {number}  sieht den Hund!" for number in range(8) for noun in ("Mann", "Affe", "Wagen")]
ENGLISH = [f"The {noun} no. {number} sees the\u00a0dog!" for number in range(8) for noun in ("man", "ape", "car")]


def run(command: str, **arguments: object) -> None:
    module = importlib.import_module(command)
    words = [word for name, value in arguments.items() for word in (f"--{name}", str(value))]
    module.main(module.parser().parse_args(words))


@pytest.mark.parametrize("dictionary", ["joint", "separate"])
def test_from_files_to_fairseq(tmp_path: Path, dictionary: str) -> None:
    more, test = (GERMAN[:2], ENGLISH[:2]), (["Ü der."], ["Q the."])
    text_folder(tmp_path / "data", train=(GERMAN, ENGLISH), test=test, test_more=more)
    tests = {"test_more": str(tmp_path / "data" / "test_more")}
    corpus = corpus_file(tmp_path, bpe=64, dictionary=dictionary, tests=tests)
    made = tmp_path / "made"
    run("fetch_corpus", corpus=corpus, output=made / "raw")
    run("clean_corpus", corpus=corpus, raw=made / "raw", output=made / "clean")
    run("tokenise_corpus", corpus=corpus, clean=made / "clean", processes=2, output=made / "tokens")
    run("encode_bpe", corpus=corpus, clean=made / "clean", tokens=made / "tokens", output=made / "bpe")
    run("binarise_corpus", corpus=corpus, bpe=made / "bpe", processes=2, output=made / "binary")
    assert lines_of(made / "tokens" / "train.de")[0] == "Der Mann Nr. 0 sieht den Hund !"

    statistics = read_json(made / "binary" / "statistics.json")
    assert statistics["lines"] == {"train": 24, "valid": 4, "test": 1, "test_more": 2}
    pieces = {language: lines_of(made / "bpe" / f"test.{language}")[0].split() for language in ("de", "en")}
    assert statistics["tokens"]["test"] == {language: len(found) + 1 for language, found in pieces.items()}
    assert statistics["sentence_length"] == len(pieces["en"]) + 1
    assert statistics["unknown"]["train"] == {"de": 0, "en": 0}
    if dictionary == "joint":
        assert statistics["unknown"]["test"] == {"de": 1, "en": 1}
        assert statistics["source_vocabulary"] == statistics["target_vocabulary"] == 64

    from fairseq.data import Dictionary
    from fairseq.data.data_utils import load_indexed_dataset

    vocabulary = Dictionary.load(str(made / "binary" / "dict.en.txt"))
    assert len(vocabulary) == statistics["target_vocabulary"]
    for split in statistics["lines"]:
        written = load_indexed_dataset(str(made / "binary" / f"{split}.de-en.en"), vocabulary)
        read = [vocabulary.string(sentence) for sentence in written]
        expected = [line.split() for line in lines_of(made / "bpe" / f"{split}.en")]
        known = set(vocabulary.symbols)
        assert read == [" ".join(word if word in known else "<unk>" for word in line) for line in expected]
        assert statistics["unknown"][split]["en"] == sum(word not in known for line in expected for word in line)


def test_binarising_foreign_training_text_is_refused(tmp_path: Path) -> None:
    bpe = text_folder(tmp_path / "bpe", train=(["▁a ▁b"], ["▁c ▁d"]))
    (bpe / "model").mkdir()
    (bpe / "model" / "dict.txt").write_text("▁a 1\n▁c 1\n▁d 1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"train\.de: 1 subwords are not in dict\.txt"):
        run("binarise_corpus", corpus=corpus_file(tmp_path), bpe=bpe, output=tmp_path / "binary")
    assert not (tmp_path / "binary").exists()


def test_the_mirror_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text_folder(tmp_path / "data")
    folder = text_folder(tmp_path / "mirror" / "tiny")
    monkeypatch.setenv("HAT_MIRROR", str(folder.parent))
    corpus = corpus_file(tmp_path, test="http://127.0.0.1:9/test")
    run("fetch_corpus", corpus=corpus, output=tmp_path / "raw")
    assert lines_of(tmp_path / "raw" / "test.de") == lines_of(folder / "test.de")


def test_a_line_that_is_no_sentence_does_not_set_the_length_of_all(capsys: pytest.CaptureFixture[str]) -> None:
    usual = np.array([10, 20, 30, 40])
    assert sentence_length(usual, Path("test.en")) == 25
    assert capsys.readouterr().err == ""
    assert sentence_length(np.append(usual, 5000), Path("test.en")) == 25
    assert (
        "test.en: 1 of 5 lines have more than 10 times the tokens that half of all have (30);"
        in capsys.readouterr().err
    )
