"""Normalising text and dropping hopeless training pairs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hat.corpus import parallel
from hat.corpus.clean import clean_corpus
from hat.corpus.limits import reason_to_drop
from hat.errors import InputError
from hat.files import read_json
from hat.text.characters import normalise
from hat.text.moses import PUNCTUATION, normalise_punctuation
from hypothesis import given
from hypothesis import strategies as st
from sacremoses import MosesPunctNormalizer

from tests.unit.corpus_files import ENGLISH, GERMAN, described, lines_of, text_folder


@pytest.mark.parametrize(
    ("line", "clean"),
    [
        (" a\u00a0 b\u2009c\t", "a b c"),
        ("a \x00 b\x07c", "a bc"),
        ("\u3000\u2028", ""),
        ("\u2581a \u2585", "_a _"),
        ("\ufeffschön, Straße! 東京", "schön, Straße! 東京"),
        ("a\u200db", "a\u200db"),
    ],
)
def test_normalise(line: str, clean: str) -> None:
    assert normalise(line) == clean


@given(st.text())
def test_normalised_text_is_split_alike_by_everyone(line: str) -> None:
    clean = normalise(line)
    assert normalise(clean) == clean
    assert clean.split(" ") == (clean.split() or [""])
    assert re.sub(r"\s+", " ", clean).strip() == clean  # how fairseq splits
    assert len(clean.splitlines()) <= 1


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        ("a b", "c d e", None),
        ("a b", "c d e f", "ratio"),
        ("a b c d", "c d", "ratio"),
        ("", "c", "empty"),
        ("a", "", "empty"),
        ("a b c d e", "a b c d e f", "too_long"),
        ("a b c d e", "a b c d e", None),
    ],
)
def test_reason_to_drop(source: str, target: str, reason: str | None) -> None:
    assert reason_to_drop(source, target, max_length=5, max_ratio=1.5) == reason


def test_only_training_is_filtered_and_the_report_says_why(tmp_path: Path) -> None:
    train = ([*GERMAN, "eins", "", "a  b", "x " * 200], [*ENGLISH, "one two three", "empty", "c d", "y " * 200])
    valid = ([*GERMAN, "eins"], [*ENGLISH, "one two  three"])
    raw = text_folder(tmp_path / "raw", train=train, valid=valid)
    clean_corpus(described(tmp_path), raw, tmp_path / "clean")
    assert lines_of(tmp_path / "clean" / "train.de") == [*GERMAN, "a b"]
    assert lines_of(tmp_path / "clean" / "train.en") == [*ENGLISH, "c d"]
    assert lines_of(tmp_path / "clean" / "valid.en") == [*ENGLISH, "one two three"]
    report = read_json(tmp_path / "clean" / "report.json")
    dropped = {"empty": 1, "too_long": 1, "ratio": 1}
    assert report["train"] == {"read": 8, "kept": 5, "dropped": dropped, "changed": 2}
    assert report["valid"] == {"read": 5, "kept": 5, "dropped": dict.fromkeys(dropped, 0), "changed": 1}


def test_an_empty_line_outside_of_training_is_named(tmp_path: Path) -> None:
    raw = text_folder(tmp_path / "raw", test=(GERMAN, [*ENGLISH[:2], " ", ENGLISH[3]]))
    with pytest.raises(InputError, match=r"test\.en: line 3 is empty"):
        clean_corpus(described(tmp_path), raw, tmp_path / "clean")
    assert not (tmp_path / "clean").exists()


def test_an_empty_validation_split_is_refused(tmp_path: Path) -> None:
    raw = text_folder(tmp_path / "raw", valid=([], []))
    with pytest.raises(InputError, match=r"valid\.de: the valid split is empty"):
        clean_corpus(described(tmp_path), raw, tmp_path / "clean")


def test_nothing_left_to_train_on(tmp_path: Path) -> None:
    raw = text_folder(tmp_path / "raw")
    with pytest.raises(
        InputError, match=r"train: no pair of 4 is left .*too_long: 4.*legal: max_length above 1, max_ratio above "
    ):
        clean_corpus(described(tmp_path, max_length=1), raw, tmp_path / "clean")


def test_sides_of_different_length(tmp_path: Path) -> None:
    raw = text_folder(tmp_path / "raw", train=(GERMAN, ENGLISH[:1]))
    with pytest.raises(InputError, match=r"train\.de: 4 lines, but .*train\.en has 1"):
        clean_corpus(described(tmp_path), raw, tmp_path / "clean")


@pytest.mark.parametrize(
    ("line", "language", "plain"),
    [
        ("«\u00a0Bonjour\u00a0», dit-il …", "fr", '"Bonjour", dit-il ...'),
        ("„Ja“, sagt er – 1\u00a0000\u00a0%", "de", '"Ja", sagt er - 1,000%'),
        ("“Yes,” he said.", "en", '"Yes," he said.'),
        ("It's plain: 5, no?", "en", "It's plain: 5, no?"),
    ],
)
def test_normalise_punctuation(line: str, language: str, plain: str) -> None:
    assert normalise(normalise_punctuation(line, language)) == plain


@given(st.text(st.sampled_from("ab1 .,:;!?-%'\"()\u00a0º"), max_size=12), st.sampled_from(["de", "en", "fr"]))
def test_text_without_marks_needs_no_rules(line: str, language: str) -> None:
    if PUNCTUATION.search(line) is None:
        moses = MosesPunctNormalizer(lang=language, perl_parity=True)
        assert normalise(moses.normalize(line)) == normalise(line)


def test_limits_may_count_tokens_or_wait_for_subwords(tmp_path: Path) -> None:
    train = (["a b c", "a, bb.", "", "d"], ["d e f", "g h", "x", "i"])
    raw = text_folder(tmp_path / "raw", train=train)
    kept = {}
    for limits in ("words", "tokens", "subwords"):
        clean_corpus(described(tmp_path, limits=limits, max_length=3), raw, tmp_path / limits)
        kept[limits] = lines_of(tmp_path / limits / "train.de")
    assert kept == {"words": ["a b c", "a, bb.", "d"], "tokens": ["a b c", "d"], "subwords": ["a b c", "a, bb.", "d"]}


def test_validation_held_out_of_training(tmp_path: Path) -> None:
    numbers = [*map(str, range(1, 8))]
    raw = text_folder(tmp_path / "raw", train=([*numbers[:2], "", *numbers[2:]], [f"n{n}" for n in (*numbers, "8")]))
    for language in ("de", "en"):
        (raw / f"valid.{language}").unlink()
    clean_corpus(described(tmp_path, valid={"every": 3}), raw, tmp_path / "clean")
    assert lines_of(tmp_path / "clean" / "valid.de") == ["3", "6"]
    assert lines_of(tmp_path / "clean" / "train.de") == ["1", "2", "4", "5", "7"]
    assert lines_of(tmp_path / "clean" / "valid.en") == ["n4", "n7"]
    report = read_json(tmp_path / "clean" / "report.json")
    assert report["train"]["kept"] == 7
    assert report["train"]["held_out"] == 2
    with pytest.raises(InputError, match=r"valid: every 8 of 7 training pairs; legal: at most 7"):
        clean_corpus(described(tmp_path, valid={"every": 8}), raw, tmp_path / "other")


def test_every_number_of_processes_gives_the_same_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "LINES_PER_CHUNK", 3)
    many = ["x " * (number % 4) for number in range(20)], [f" y{number}" for number in range(20)]
    raw = text_folder(tmp_path / "raw", train=many, test=(GERMAN, [*ENGLISH[:3], " "]))
    with pytest.raises(InputError, match=r"test\.en: line 4 is empty"):
        clean_corpus(described(tmp_path), raw, tmp_path / "clean", processes=2)
    (raw / "test.en").write_text("".join(f"{line}\n" for line in ENGLISH))
    for processes in (1, 2):
        clean_corpus(described(tmp_path), raw, tmp_path / f"clean{processes}", processes)
    for path in (tmp_path / "clean1").iterdir():
        assert path.read_bytes() == (tmp_path / "clean2" / path.name).read_bytes()
