"""Scores of translations: what each variant compares, with golden values, signatures and bad input."""

from __future__ import annotations

import math
import random
import re
import time
from pathlib import Path

import compare_models
import numpy as np
import pytest
from hat.errors import InputError
from hat.files import read_csv
from hat.scoring import compare_files, score_files, score_translations, split_compounds
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


# --- comparing translations


def three_translations(folder: Path) -> list[Path]:
    """The reference, a translation, a better one and one that is as good by itself."""
    worse, references = corrupted(200)
    rng = random.Random(4)
    better = [good if rng.random() < 0.1 else bad for good, bad in zip(references, worse, strict=True)]
    return written(folder, reference=references, worse=worse, better=better, same=worse)


def test_differences_are_those_of_paired_resamples(tmp_path: Path) -> None:
    """As by the program that docs/findings.md was made with."""
    reference, *hypotheses = three_translations(tmp_path)
    bleu = BLEU(tokenize="none", force=True)
    lines = [path.read_text().splitlines() for path in (reference, *hypotheses)]
    counts = [np.array(bleu._extract_corpus_statistics(each, [lines[0]])) for each in lines[1:]]
    draws = np.random.default_rng(12345).choice(200, size=(1000, 200))
    scores = [[bleu._compute_score_from_stats(each[rows].sum(axis=0)).score for rows in draws] for each in counts]
    better, same = compare_files(reference, hypotheses)
    expected = np.percentile(np.subtract(scores[1], scores[0]), [50, 2.5, 97.5])
    assert [better.median, better.low, better.high] == pytest.approx(list(expected))
    assert better.low > 0
    assert (same.median, same.low, same.high) == (0, 0, 0)
    assert better.bleu == pytest.approx(bleu.corpus_score(lines[2], [lines[0]]).score)
    assert better.hypotheses == hypotheses[1]


def test_the_interval_of_a_difference_is_narrower_than_that_of_a_score(tmp_path: Path) -> None:
    reference, *hypotheses = three_translations(tmp_path)
    better, _ = compare_files(reference, hypotheses)
    scores = score_files(hypotheses[1], reference, reference, language="en", lowercase=False)
    assert (better.high - better.low) / 2 < scores["confidence"]["tokenized_bleu"]["half_width"]


def test_translations_of_other_sentences_do_not_compare(tmp_path: Path) -> None:
    reference, worse, *_ = three_translations(tmp_path)
    (short,) = written(tmp_path, short=["a b c"])
    with pytest.raises(InputError, match=r"reference: 200 sentences, but .*short has 1"):
        compare_files(reference, [worse, short])


def test_the_command_prints_a_line_for_each_and_writes_only_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reference, worse, better, same = map(str, three_translations(tmp_path))
    before = {path.name for path in tmp_path.iterdir()}
    words = ["--reference", reference, "--hypotheses", worse, better, same]
    compare_models.main(compare_models.parser().parse_args(words))
    first, second = capsys.readouterr().out.splitlines()
    assert re.fullmatch(rf"{better}: BLEU [\d.]+, \+[\d.]+ \[[\d.]+, [\d.]+\]", first)
    assert second.endswith(", +0.0 [0.0, 0.0]")
    assert {path.name for path in tmp_path.iterdir()} == before
    compare_models.main(compare_models.parser().parse_args([*words, "--output", str(tmp_path / "differences.csv")]))
    rows = read_csv(tmp_path / "differences.csv", ["against", "hypotheses", "bleu", "median", "low", "high"])
    assert [(row["against"], row["hypotheses"]) for row in rows] == [(worse, better), (worse, same)]
    with pytest.raises(InputError, match="--hypotheses: one file"):
        compare_models.main(compare_models.parser().parse_args(words[:-2]))
