"""Learning BPE, splitting, merging, dictionaries."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import sentencepiece
from hat.corpus import counts
from hat.corpus.counts import count_words
from hat.corpus.lines import write_lines
from hat.corpus.subwords import encode_corpus, learn, read_dictionary
from hat.errors import InputError
from hat.files import read_json
from hat.text.characters import normalise
from hat.text.subwords import SUBWORD_NMT, merge
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.corpus_files import ENGLISH, GERMAN, described, lines_of, text_folder

WORDS = Counter(" ".join(GERMAN + ENGLISH).split())


def processor(model: bytes) -> sentencepiece.SentencePieceProcessor:
    return sentencepiece.SentencePieceProcessor(model_proto=model)


def test_special_symbols_have_fairseq_ids() -> None:
    learned = processor(learn(WORDS, 60, "here"))
    assert [learned.id_to_piece(index) for index in range(4)] == ["<s>", "<pad>", "</s>", "<unk>"]
    assert learned.get_piece_size() == 60


def test_the_same_counts_give_the_same_bytes() -> None:
    assert learn(WORDS, 60, "here") == learn(dict(reversed(WORDS.items())), 60, "there")


def test_counted_words_give_what_sentences_give(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("\n".join(GERMAN + ENGLISH), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(text), model_prefix=str(tmp_path / "m"), model_type="bpe", vocab_size=60, character_coverage=1.0,
        normalization_rule_name="identity", bos_id=0, pad_id=1, eos_id=2, unk_id=3, minloglevel=2,
    )  # fmt: skip
    one, other = processor((tmp_path / "m.model").read_bytes()), processor(learn(WORDS, 60, "here"))
    assert [one.id_to_piece(index) for index in range(60)] == [other.id_to_piece(index) for index in range(60)]


def test_impossible_sizes_name_the_possible_one() -> None:
    largest = "; legal: at most "
    with pytest.raises(InputError, match=f"^own.yaml: bpe: 5000 is more .*{largest}") as caught:
        learn(WORDS, 5000, "own.yaml")
    size = int(str(caught.value).split(largest)[1])
    assert processor(learn(WORDS, size, "own.yaml")).get_piece_size() == size
    smallest = 4 + len(set("".join(WORDS)) | {"▁"})
    with pytest.raises(InputError, match=f"bpe: {smallest - 1} is less .*at least {smallest}"):
        learn(WORDS, smallest - 1, "own.yaml")
    assert processor(learn(WORDS, smallest, "own.yaml")).get_piece_size() == smallest


LEARNED = processor(learn(WORDS, 60, "here"))


@settings(max_examples=200)
@given(st.text())
def test_merging_undoes_splitting(line: str) -> None:
    tokens = normalise(line)
    assert merge(" ".join(LEARNED.encode(tokens, out_type=str))) == tokens


def test_merge_of_both_kinds() -> None:
    assert merge("▁the ▁do g ▁.") == "the dog ."
    assert merge("the do@@ g @ .", SUBWORD_NMT) == "the dog @ ."
    assert merge("a cut@@", SUBWORD_NMT) == "a cut"


def encoded(tmp_path: Path, **changes: object) -> Path:
    tokens = text_folder(tmp_path / "tokens", test=(["der Uhu schläft ."], ["the owl sleeps ."]))
    encode_corpus(described(tmp_path, **changes), tokens, tokens, tmp_path / "bpe")
    return tmp_path / "bpe"


def test_joint_dictionary_is_the_vocabulary(tmp_path: Path) -> None:
    bpe = encoded(tmp_path)
    model = sentencepiece.SentencePieceProcessor(model_file=str(bpe / "model" / "bpe.model"))
    symbols = read_dictionary(bpe / "model" / "dict.txt")
    assert symbols[:56] == [model.id_to_piece(index) for index in range(4, 60)]
    assert symbols[56:] == [f"madeupword{index:04d}" for index in range(4)]
    counts = dict(line.rsplit(" ", 1) for line in lines_of(bpe / "model" / "dict.txt"))
    train = " ".join(lines_of(bpe / "train.de") + lines_of(bpe / "train.en")).split()
    assert {symbol: int(count) for symbol, count in counts.items() if count != "0"} == Counter(train)
    assert [merge(line) for line in lines_of(bpe / "test.de")] == ["der Uhu schläft ."]


def test_separate_dictionaries_hold_what_each_side_uses(tmp_path: Path) -> None:
    bpe = encoded(tmp_path, dictionary="separate")
    assert not (bpe / "model" / "dict.txt").exists()
    for side in ("de", "en"):
        symbols = read_dictionary(bpe / "model" / f"dict.{side}.txt")
        assert (len(symbols) + 4) % 8 == 0
        used = set(" ".join(lines_of(bpe / f"train.{side}")).split())
        assert {symbol for symbol in symbols if not symbol.startswith("madeupword")} == used


def test_text_in_subwords_is_taken_as_it_is(tmp_path: Path) -> None:
    german, english = ["a@@ b c", "c c"], ["x y", "c"]
    clean = text_folder(tmp_path / "clean", train=(german, english))
    corpus = described(tmp_path, already_subwords=True, references={"test": "r"}, bpe=None)
    encode_corpus(corpus, clean, tmp_path / "unused", tmp_path / "bpe")
    assert lines_of(tmp_path / "bpe" / "train.de") == german
    assert not (tmp_path / "bpe" / "model" / "bpe.model").exists()
    assert read_dictionary(tmp_path / "bpe" / "model" / "dict.txt")[:5] == ["c", "a@@", "b", "x", "y"]
    capped = described(tmp_path, already_subwords=True, references={"test": "r"}, bpe=8)
    encode_corpus(capped, clean, tmp_path / "unused", tmp_path / "bpe")
    assert read_dictionary(tmp_path / "bpe" / "model" / "dict.txt") == ["c", "a@@", "b", "x"]


def test_limits_of_subwords_drop_training_pairs(tmp_path: Path) -> None:
    german, english = [*GERMAN, "Haus", "Fahrradschlauch"], [*ENGLISH, "the dog sleeps .", "z"]
    tokens = text_folder(tmp_path / "tokens", train=(german, english), test=(["Haus"], ["the dog sleeps ."]))
    corpus = described(tmp_path, limits="subwords", max_ratio=4)
    encode_corpus(corpus, tokens, tokens, tmp_path / "bpe", processes=2)
    kept = [*map(merge, lines_of(tmp_path / "bpe" / "train.de"))]
    lengths = [len(line.split()) for line in lines_of(tmp_path / "bpe" / "train.de")]
    assert kept == german[:-1]
    assert max(lengths) <= corpus.max_length
    assert read_json(tmp_path / "bpe" / "report.json") == {
        "read": 6,
        "kept": 5,
        "dropped": {"empty": 0, "too_long": 0, "ratio": 1},
    }
    assert [*map(merge, lines_of(tmp_path / "bpe" / "test.de"))] == ["Haus"]
    counts = dict(line.rsplit(" ", 1) for line in lines_of(tmp_path / "bpe" / "model" / "dict.txt"))
    train = " ".join(lines_of(tmp_path / "bpe" / "train.de") + lines_of(tmp_path / "bpe" / "train.en")).split()
    assert {symbol: int(count) for symbol, count in counts.items() if count != "0"} == Counter(train)
    with pytest.raises(InputError, match="no pair of 6 is left"):
        encode_corpus(described(tmp_path, limits="subwords", max_length=1), tokens, tokens, tmp_path / "none")


@given(st.lists(st.sampled_from([*WORDS, "Ünbekannt", "xyz"]), max_size=12))
def test_words_are_encoded_as_lines_are(words: list[str]) -> None:
    line = " ".join(words)
    alone = " ".join(piece for word in words for piece in LEARNED.encode(word, out_type=str))
    assert alone == " ".join(LEARNED.encode(line, out_type=str))


def test_words_are_counted_exactly_while_they_are_few(tmp_path: Path) -> None:
    text = text_folder(tmp_path / "text")
    assert count_words([text / "train.de", text / "train.en"], processes=2) == WORDS


def test_the_rarest_words_are_forgotten_but_no_letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "LINES_PER_CHUNK", 10)
    lines = ["often"] * 30 + ["twice"] * 2 + [f"w{number}q" for number in range(15)] + ["ß"] * 3 + ["often"] * 30
    write_lines(tmp_path / "text", lines)
    for processes in (1, 2):
        counted = count_words([tmp_path / "text"], processes, most=3)
        assert counted == {"often": 60, "ß": 3, "twice": 2} | dict.fromkeys("0123456789q", 1)
