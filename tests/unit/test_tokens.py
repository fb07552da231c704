"""Tokenising by the Moses rules, over several processes in order."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hat.corpus import parallel
from hat.corpus.lines import line_counts, read_lines
from hat.corpus.parallel import in_order
from hat.corpus.tokens import tokenise_corpus
from hat.errors import InputError
from hat.text.moses import tokenise
from hypothesis import given, settings
from hypothesis import strategies as st
from sacremoses import MosesTokenizer

from tests.unit.corpus_files import described, lines_of, text_folder


@pytest.mark.parametrize(
    ("line", "language", "expected"),
    [
        ("Herr Dr. Müller sagt: „Ja!“", "de", "Herr Dr. Müller sagt : „ Ja ! “"),
        ("Am 3. Mai kam er.", "de", "Am 3. Mai kam er ."),
        ("On 3. May he didn't come.", "en", "On 3 . May he didn 't come ."),
        ('a & b < c | "d"', "en", 'a & b < c | " d "'),
        ("well-known, 3,500", "en", "well-known , 3,500"),
    ],
)
def test_tokenise(line: str, language: str, expected: str) -> None:
    assert tokenise(line, language) == expected


def test_lowercase() -> None:
    assert tokenise("Ein ÄRGER.", "de", lowercase=True) == "ein ärger ."


def test_hyphens_may_be_tokens() -> None:
    assert tokenise("An up-to-date e-mail - now", "en", hyphens=True) == "An up @-@ to @-@ date e @-@ mail - now"


MOSES = {language: MosesTokenizer(lang=language) for language in ("de", "en", "fr")}


@settings(max_examples=40)
@given(
    st.lists(
        st.sampled_from(["a", "B", "1", ".", " ", ",", "'", "-", "ß", "bzw.", "z.B.", "Nr. ", "No. ", "M. ", "5 "])
    ).map("".join),
    st.sampled_from([*MOSES]),
)
def test_tokens_are_those_of_sacremoses(line: str, language: str) -> None:
    for hyphens in (False, True):
        plain = MOSES[language].tokenize(line, aggressive_dash_splits=hyphens, escape=False, return_str=True)
        assert tokenise(line, language, hyphens=hyphens) == plain


def later_first(number: int) -> int:
    time.sleep(0.05 if number == 0 else 0)
    return number


def test_in_order_keeps_the_order_and_reads_only_a_little_ahead() -> None:
    read: list[int] = []
    items = (read.append(number) or number for number in range(100))
    results = in_order(later_first, items, processes=2)
    assert next(results) == (0, 0)
    assert len(read) <= parallel.CHUNKS_AHEAD * 2 + 1
    assert list(results) == [(number, number) for number in range(1, 100)]


def test_every_number_of_processes_gives_the_same_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "LINES_PER_CHUNK", 3)
    many = [f"Satz {number}!" for number in range(20)]
    clean = text_folder(tmp_path / "clean", train=(many, many))
    for processes in (1, 2):
        tokenise_corpus(described(tmp_path), clean, tmp_path / f"tokens{processes}", processes)
    for path in (tmp_path / "tokens1").iterdir():
        assert path.read_bytes() == (tmp_path / "tokens2" / path.name).read_bytes()
    assert lines_of(tmp_path / "tokens2" / "train.de")[17] == "Satz 17 !"


def test_text_in_subwords_is_joined_to_tokens(tmp_path: Path) -> None:
    clean = text_folder(tmp_path / "clean", test=(["der H@@ un@@ d ."], ["the do@@ g ."]))
    reference = tmp_path / "reference"
    corpus = described(tmp_path, already_subwords=True, references={"test": str(reference)})
    tokenise_corpus(corpus, clean, tmp_path / "tokens")
    assert lines_of(tmp_path / "tokens" / "test.de") == ["der Hund ."]


def test_line_counts(tmp_path: Path) -> None:
    corpus = described(tmp_path)
    folder = text_folder(tmp_path / "clean")
    counts = {"train": 4, "valid": 4, "test": 4}
    assert line_counts(folder, corpus) == counts
    with pytest.raises(InputError, match=r"valid\.de: 4 lines, but the stage before \(valid\) has 5"):
        line_counts(folder, corpus, expected=counts | {"valid": 5})
    (folder / "test.en").unlink()
    with pytest.raises(InputError, match=r"test\.en: no such file"):
        line_counts(folder, corpus)


def test_lines_end_at_newlines_alone(tmp_path: Path) -> None:
    (tmp_path / "odd").write_bytes("a\rb\u2028c\nd".encode())
    assert list(read_lines(tmp_path / "odd")) == ["a\rb\u2028c", "d"]
