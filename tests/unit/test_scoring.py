"""Scores of translations: what each variant compares, with golden values, signatures and bad input."""

from __future__ import annotations

import math
import random
import time
from pathlib import Path

import pytest
from hat.errors import InputError
from hat.scoring import score_files, score_translations, split_compounds
from hat.text.moses import detokenise
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

RAW = [
    "The well-known man, who's 47, doesn't sleep.",
    "Two dogs run across a wide green field.",
    "A state-of-the-art camera (black) lies here!",
]
TOKENS = [
    "The well-known man , who 's 47 , doesn 't sleep .",
    "Two dogs run across a wide green field .",
    "A state-of-the-art camera ( black ) lies here !",
]


def test_perfect_translations_score_a_hundred() -> None:
    scores = score_translations(TOKENS, TOKENS, RAW, language="en", lowercase=False)
    for name in ("tokenized_bleu", "compound_split_bleu", "sacrebleu", "chrf2"):
        assert scores[name] == pytest.approx(100)
        assert scores["confidence"][name] == {"mean": pytest.approx(100), "half_width": pytest.approx(0, abs=1e-4)}
    assert scores["brevity_penalty"] == 1
    assert scores["sentences"] == 3


def test_tokenized_bleu_by_hand() -> None:
    """Matches of 1 to 4 words: 4/5, 3/4, 2/3, 1/2; a hypothesis of 5 words against 6 costs exp(1 - 6/5)."""
    scores = score_translations(["a b c d x"], ["a b c d e f"], ["a b c d e f"], language="en", lowercase=False)
    assert scores["tokenized_bleu"] == pytest.approx(100 * math.exp(1 - 6 / 5) * 0.2**0.25)
    assert scores["brevity_penalty"] == pytest.approx(math.exp(1 - 6 / 5))


def test_compound_splitting_rewards_parts_of_compounds() -> None:
    hypothesis, reference = ["we saw a blue-green house there"], ["we saw a blue-grey house there"]
    scores = score_translations(hypothesis, reference, reference, language="en", lowercase=False)
    # 5 of 6 words, then 3 of 5 pairs, 1 of 4 triples, no quadruple (smoothed to half of 1/3)
    assert scores["tokenized_bleu"] == pytest.approx(100 * (5 / 6 * 3 / 5 * 1 / 4 * 1 / 6) ** 0.25)
    # green and grey stand alone now: 7 of 8 words, 5 of 7 pairs, 3 of 6 triples, 2 of 5 quadruples
    assert scores["compound_split_bleu"] == pytest.approx(100 * (7 / 8 * 5 / 7 * 3 / 6 * 2 / 5) ** 0.25)


@pytest.mark.parametrize(
    ("line", "split"),
    [
        ("rich-text format", "rich ##AT##-##AT## text format"),
        ("state-of-the-art", "state ##AT##-##AT## of ##AT##-##AT## the ##AT##-##AT## art"),
        ("a @-@ b", "a @ ##AT##-##AT## @ b"),
        ("a - b -c d- e", "a - b -c d- e"),
    ],
)
def test_split_compounds(line: str, split: str) -> None:
    assert split_compounds(line) == split


def test_tokenized_bleu_minds_case_and_sacrebleu_only_where_the_corpus_does() -> None:
    lower = [line.lower() for line in TOKENS]
    cased = score_translations(lower, TOKENS, RAW, language="en", lowercase=False)
    lowered = score_translations(lower, lower, RAW, language="en", lowercase=True)
    assert cased["tokenized_bleu"] < 100
    assert cased["sacrebleu"] < 100
    assert lowered["sacrebleu"] == pytest.approx(100)
    assert lowered["chrf2"] == pytest.approx(100)
    assert "case:mixed" in cased["signatures"]["sacrebleu"]
    assert "case:lc" in lowered["signatures"]["sacrebleu"]
    assert "case:lc" in lowered["signatures"]["chrf2"]
    assert "case:mixed" in lowered["signatures"]["tokenized_bleu"]


def test_signatures_say_how_each_score_was_made() -> None:
    signatures = score_translations(TOKENS, TOKENS, RAW, language="en", lowercase=False)["signatures"]
    assert signatures["sacrebleu"].startswith(
        "nrefs:1|bs:1000|seed:12345|case:mixed|eff:no|tok:13a|smooth:exp|version:"
    )
    assert "tok:none" in signatures["tokenized_bleu"]
    assert "tok:none" in signatures["compound_split_bleu"]
    assert "nc:6|nw:0" in signatures["chrf2"]


def test_detokenising_follows_the_language() -> None:
    assert detokenise(["Er sagt , dass es gut ist ."], "de") == ["Er sagt, dass es gut ist."]
    assert detokenise(["l' homme d' ici"], "fr") == ["l'homme d'ici"]
    assert detokenise(["l' homme d' ici"], "de") != ["l'homme d'ici"]


def corrupted(count: int) -> tuple[list[str], list[str]]:
    rng = random.Random(3)
    words = [f"word{number}" for number in range(300)]
    references = [" ".join(rng.choices(words, k=rng.randint(5, 20))) for _ in range(count)]
    return [
        " ".join(word if rng.random() < 0.8 else "wrong" for word in line.split()) for line in references
    ], references


def test_scores_and_confidence_are_sacrebleus() -> None:
    hypotheses, references = corrupted(200)
    scores = score_translations(hypotheses, references, references, language="en", lowercase=False)
    for name, metric in (("sacrebleu", BLEU()), ("chrf2", CHRF())):
        expected = metric.corpus_score(hypotheses, [references], n_bootstrap=1000)
        assert scores[name] == pytest.approx(expected.score)
        assert scores["confidence"][name]["mean"] == pytest.approx(expected._mean, abs=1e-4)
        assert scores["confidence"][name]["half_width"] == pytest.approx(expected._ci, abs=1e-4)
        assert scores["signatures"][name] == str(metric.get_signature())


def test_translations_without_a_match_score_nothing() -> None:
    scores = score_translations(["x y", "z"], ["a b", "c"], ["a b", "c"], language="en", lowercase=False)
    assert scores["sacrebleu"] == 0
    assert scores["confidence"]["sacrebleu"] == {"mean": 0, "half_width": 0}


def test_confidence_is_the_same_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    hypotheses, references = corrupted(50)
    monkeypatch.setenv("SACREBLEU_SEED", "1")
    first = score_translations(hypotheses, references, references, language="en", lowercase=False)
    assert first == score_translations(hypotheses, references, references, language="en", lowercase=False)
    assert 0.5 < first["confidence"]["sacrebleu"]["half_width"] < 10
    assert first["confidence"]["sacrebleu"]["mean"] == pytest.approx(first["sacrebleu"], abs=2)


def test_a_thousand_sentences_take_seconds() -> None:
    hypotheses, references = corrupted(1000)
    started = time.process_time()
    score_translations(hypotheses, references, references, language="en", lowercase=False)
    assert time.process_time() - started < 10


def written(folder: Path, **lines: list[str]) -> list[Path]:
    for name, sentences in lines.items():
        (folder / name).write_bytes("".join(f"{line}\n" for line in sentences).encode())
    return [folder / name for name in lines]


def test_files_are_scored_line_by_line(tmp_path: Path) -> None:
    raw = [RAW[0] + "\r", *RAW[1:]]  # a carriage return at the end of a line is no line of its own
    files = written(tmp_path, hyp=TOKENS, tokens=TOKENS, raw=raw)
    scores = score_files(*files, language="en", lowercase=False)
    assert scores["sentences"] == 3
    assert scores["sacrebleu"] == pytest.approx(100)


def test_an_empty_translation_counts(tmp_path: Path) -> None:
    files = written(tmp_path, hyp=[TOKENS[0], "", TOKENS[2]], tokens=TOKENS, raw=RAW)
    scores = score_files(*files, language="en", lowercase=False)
    assert scores["sentences"] == 3
    assert scores["brevity_penalty"] < 1


@pytest.mark.parametrize("short", ["hyp", "tokens", "raw"])
def test_counts_that_differ_name_both_files(tmp_path: Path, short: str) -> None:
    lines = {"hyp": TOKENS, "tokens": TOKENS, "raw": RAW}
    files = written(tmp_path, **{**lines, short: lines[short][:2]})
    with pytest.raises(InputError) as caught:
        score_files(*files, language="en", lowercase=False)
    other = "tokens" if short == "hyp" else short
    for told in (str(tmp_path / "hyp"), str(tmp_path / other), "2", "3"):
        assert told in str(caught.value)


def test_nothing_to_score(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no sentence to score"):
        score_files(*written(tmp_path, hyp=[], tokens=[], raw=[]), language="en", lowercase=False)


def test_missing_file_is_named(tmp_path: Path) -> None:
    _, tokens, raw = written(tmp_path, hyp=TOKENS, tokens=TOKENS, raw=RAW)
    with pytest.raises(InputError, match="absent"):
        score_files(tmp_path / "absent", tokens, raw, language="en", lowercase=False)
