"""What differs between languages: rules, words without spaces, joiners, composed characters, SacreBLEU's tokenisers."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hat.corpus.clean import clean_corpus
from hat.errors import InputError
from hat.files import read_json
from hat.scoring import bleu, score_translations
from hat.text.characters import normalise
from hat.text.languages import MOSES_RULES, WITHOUT_SPACES, sacrebleu_tokeniser
from hat.text.moses import detokenise, tokenise
from sacremoses.corpus import NonbreakingPrefixes

from tests.unit.corpus_files import described

SENTENCES = {
    "ar": "مَرْحَبًا بالعالم",
    "fa": "می\u200cخواهم کتاب را بخوانم.",
    "hi": "हिन्दी में क्या है?",
    "ja": "今日は、世界！猫が好きです。",
    "km": "សួស្តី ពិភពលោក",
    "ko": "안녕하세요, 세계!",
    "my": "မင်္ဂလာပါ ကမ္ဘာ",
    "ta": "தமிழ் மொழி.",
    "th": "สวัสดีชาวโลก ครับ",
    "vi": "Tiếng Việt có dấu.",
    "zh": "你好，世界。我喜欢Python 3。",
}


@pytest.mark.parametrize("language", sorted(SENTENCES))
def test_text_comes_back_from_its_tokens(language: str) -> None:
    line = SENTENCES[language]
    assert normalise(line) == line
    assert detokenise([tokenise(line, language)], language) == [line]


@pytest.mark.parametrize("language", sorted(SENTENCES))
def test_one_wrong_character_costs_little(language: str) -> None:
    right = [SENTENCES[language] * 3] * 5
    wrong = [right[0][:-1] + right[0][0], *right[1:]]
    for hypotheses, least in ((right, 100 - 1e-6), (wrong, 60)):
        tokens = [tokenise(line, language) for line in hypotheses]
        references = [tokenise(line, language) for line in right]
        scores = score_translations(tokens, references, right, language=language, lowercase=False)
        for kind in ("tokenized_bleu", "sacrebleu", "chrf2"):
            assert scores[kind] >= least, kind
        assert f"tok:{sacrebleu_tokeniser(language)}" in scores["signatures"]["sacrebleu"]


def test_a_reference_typed_in_another_normal_form_is_the_same_text() -> None:
    line = "Él está aquí, señor Müller."
    loose = unicodedata.normalize("NFD", line)
    assert loose != line
    tokens = tokenise(normalise(loose), "es")
    scores = score_translations([tokens], [tokens], [loose], language="es", lowercase=False)
    assert scores["sacrebleu"] == pytest.approx(100)


def test_a_model_of_a_tokeniser_comes_from_the_mirror_alone(tmp_path: Path) -> None:
    for mirror in (None, tmp_path):
        with pytest.raises(InputError, match="flores200: no models/flores200sacrebleuspm in"):
            bleu("flores200", mirror)


def test_moses_rules_are_those_of_sacremoses() -> None:
    assert set(NonbreakingPrefixes().available_langs.values()) - WITHOUT_SPACES == MOSES_RULES


@pytest.mark.parametrize(
    ("codes", "told"),
    [
        ({"source": "dee"}, "source: 'dee' has no rules of its own; legal: .*did you mean 'de'"),
        ({"target": "hr"}, "target: 'hr' has no rules of its own; legal: .*; or english_rules: true"),
    ],
)
def test_a_language_without_rules_is_one_that_the_corpus_says_so_of(
    codes: dict[str, Any], told: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=told):
        described(tmp_path, **codes)
    assert described(tmp_path, **codes, english_rules=True).english_rules


def test_limits_count_subwords_where_words_have_no_spaces(tmp_path: Path) -> None:
    corpus = described(tmp_path, source="zh", target="en", max_ratio=1.5)
    for split in ("train", "valid", "test"):
        (tmp_path / f"{split}.zh").write_text("你好，世界。\n")
        (tmp_path / f"{split}.en").write_text("Hello , big wide world .\n")
    clean_corpus(corpus, tmp_path, tmp_path / "clean")
    assert read_json(tmp_path / "clean" / "report.json")["train"]["kept"] == 1
    assert corpus.limits == "subwords"
