"""The corpora of the paper, as their files describe them."""

from __future__ import annotations

import pytest
from hat.corpus.description import Corpus
from hat_workflow import settings
from sacrebleu.dataset import DATASETS

NAMES = settings.names("corpus")
PAPER = ("iwslt14.de-en", "wmt14.en-de", "wmt14.en-fr", "wmt19.en-de")
OF_SACREBLEU: dict[str, tuple[str, set[str]]] = {}
for known in DATASETS.values():
    if len(known.data) == 1 and known.md5:
        _, members_of_url = OF_SACREBLEU.setdefault(known.data[0], (known.md5[0], set()))
        members_of_url.update(name for files in known.langpairs.values() for name in files)


def described(name: str) -> Corpus:
    return Corpus.from_settings(settings.load("corpus", name), name)


@pytest.mark.parametrize("name", NAMES)
def test_every_corpus_is_described(name: str) -> None:
    corpus = described(name)
    assert corpus.licence != "not stated"
    assert corpus.splits["test"] or corpus.generated or corpus.binarised


def test_test_sets_are_those_that_sacrebleu_knows() -> None:
    found = 0
    for corpus in map(described, NAMES):
        parts = [*corpus.splits["valid"], *corpus.splits["test"]]
        for side in [*(side for part in parts for side in part.values()), *sum(corpus.references.values(), ())]:
            if side.resource.candidates[0] in OF_SACREBLEU:
                md5, members = OF_SACREBLEU[side.resource.candidates[0]]
                assert side.resource.md5 == md5
                assert side.member in members
                assert side.format == "sgml"
                found += 1
    assert found == 1 + 3 * 2 + 2 * 2 + 3


@pytest.mark.parametrize(
    ("name", "parts", "vocabulary", "dictionary", "limits", "length"),
    [
        ("wmt14.en-de", 1, 32768, "joint", "words", 1_000_000),
        ("wmt14.en-fr", 5, 40000, "joint", "subwords", 250),
        ("wmt19.en-de", 6, 49600, "joint", "subwords", 250),
        ("iwslt14.de-en", 1, 10000, "separate", "tokens", 175),
    ],
)
def test_preparation_is_the_papers(
    name: str, parts: int, vocabulary: int, dictionary: str, limits: str, length: int
) -> None:
    corpus = described(name)
    assert len(corpus.splits["train"]) == parts
    assert (corpus.bpe, corpus.dictionary, corpus.limits, corpus.max_length) == (vocabulary, dictionary, limits, length)
    assert corpus.lowercase == (name == "iwslt14.de-en")
    assert corpus.normalise_punctuation == corpus.aggressive_hyphens == (limits == "subwords")
    assert settings.load("corpus", name)["bleu"] == ("tokenized" if corpus.lowercase else "compound-split")
    assert corpus.held_out_every == (23 if corpus.lowercase else None)
