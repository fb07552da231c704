"""The stage that splits a corpus into subwords, by byte-pair encoding learned on the training tokens of both sides."""

from __future__ import annotations

import io
import shutil
from collections import Counter
from collections.abc import Mapping
from functools import partial
from itertools import compress
from pathlib import Path

import sentencepiece

from hat.corpus.counts import count_words, words_of
from hat.corpus.description import Corpus
from hat.corpus.limits import REASONS, reason_to_drop
from hat.corpus.lines import line_counts, read_lines
from hat.corpus.parallel import Pairs, Rewritten, rewrite_pairs
from hat.errors import InputError
from hat.files import replacing_folder, write_json
from hat.progress import Progress
from hat.text.subwords import SENTENCEPIECE, encoder

SPECIAL_SYMBOLS = ("<s>", "<pad>", "</s>", "<unk>")
"""fairseq's, in the order of their ids; the subword model gives them the same ids."""
PADDING_MULTIPLE = 8
"""Dictionaries are filled up to a multiple of this, as fairseq does by default."""
BPE_FOLDER = "model"
DICTIONARIES = "dictionaries"
"""The folder of those that came with the text, `dict.{language}.txt`."""


def encode_corpus(corpus: Corpus, clean: Path, tokens: Path, output: Path, processes: int = 1) -> None:
    """Write `output/{split}.{language}` in subwords, `output/model/bpe.model` and the dictionaries beside it.

    The dictionary is one (`dict.txt`: the model's vocabulary) or one for each side (`dict.{language}.txt`: the subwords
    that occur on that side in training). Text that arrives in subwords is taken as it is, and gets no model; its own
    dictionaries stay, if it came with any. Where the corpus limits subwords, training pairs are dropped, and
    `output/report.json` says how many.
    """
    text = clean if corpus.already_subwords else tokens
    lines = line_counts(text, corpus)
    with replacing_folder(output) as folder:
        model = folder / BPE_FOLDER / "bpe.model"
        model.parent.mkdir()
        if not corpus.already_subwords:
            words = count_words([text / f"train.{language}" for language in corpus.languages], processes)
            model.write_bytes(learn(words, corpus.bpe or 0, corpus.place))
        found = {split: _encode_split(corpus, split, lines[split], text, folder, processes) for split in lines}
        *sides, dropped = found["train"]
        kept = lines | {"train": lines["train"] - dropped.total()}
        line_counts(folder, corpus, expected=kept)
        if kept["train"] == 0:
            limits = f"max_length above {corpus.max_length}, or other text"
            raise InputError(corpus.place, f"train: no pair of {lines['train']} is left", limits)
        if corpus.binarised:
            _copy_dictionaries(corpus, clean / DICTIONARIES, folder / BPE_FOLDER)
        else:
            _write_dictionaries(corpus, dict(zip(corpus.languages, sides, strict=True)), folder / BPE_FOLDER)
        dropped_pairs = {reason: dropped[reason] for reason in REASONS}
        write_json(folder / "report.json", {"read": lines["train"], "kept": kept["train"], "dropped": dropped_pairs})


def learn(words: Mapping[str, int], size: int, place: str) -> bytes:
    """A sentencepiece BPE model (serialised) of `size` entries, special symbols included, from counted words.

    The same counts give the same bytes. Counted words give what the sentences would, with less memory.
    InputError, naming the nearest possible size, when the text is too small or `size` is.
    """
    smallest = len(SPECIAL_SYMBOLS) + len({SENTENCEPIECE}.union(*words))
    if size < smallest:
        raise InputError(place, f"bpe: {size} is less than the text's characters need", f"at least {smallest}")
    ordered = sorted(words.items(), key=lambda item: (-item[1], item[0]))
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=(f"{word}\t{count}" for word, count in ordered),
        input_format="tsv",
        model_writer=model,
        model_type="bpe",
        vocab_size=size,
        hard_vocab_limit=False,  # a text too small for `size` is reported below
        character_coverage=1.0,
        max_sentence_length=1 << 24,  # longer words would be left out, and their characters with them
        normalization_rule_name="identity",
        bos_id=0,
        pad_id=1,
        eos_id=2,
        unk_id=3,
        num_threads=1,
        minloglevel=2,
    )
    found = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue()).get_piece_size()
    if found < size:
        raise InputError(place, f"bpe: {size} is more than the training text can fill", f"at most {found}")
    return model.getvalue()


def read_dictionary(path: Path) -> list[str]:
    """The symbols of a dictionary file in the order of their ids, without the special symbols."""
    return [line.rsplit(" ", 1)[0] for line in read_lines(path)]


def _encode_split(
    corpus: Corpus, split: str, lines: int, text: Path, folder: Path, processes: int
) -> tuple[Counter[str], ...]:
    """Encode a split; for training, the counted subwords of both sides and the reasons for which pairs were dropped."""
    source, target = (f"{split}.{language}" for language in corpus.languages)
    model = None if corpus.already_subwords else folder / BPE_FOLDER / "bpe.model"
    return rewrite_pairs(
        partial(_encode_pairs, corpus, model, split == "train"),
        (text / source, text / target),
        (folder / source, folder / target),
        Progress(f"encode {split}", lines, unit="pairs"),
        processes,
    )


def _encode_pairs(corpus: Corpus, model: Path | None, train: bool, pairs: Pairs) -> Rewritten:
    source, target = pairs.source, pairs.target
    if model is not None:
        encode = encoder(model)
        source, target = ([" ".join(map(encode, line.split())) for line in lines] for lines in (source, target))
    if not train:
        return Rewritten(source, target)
    dropped: Counter[str] = Counter()
    if corpus.limits == "subwords":
        limits = corpus.max_length, corpus.max_ratio
        reasons = [reason_to_drop(*pair, *limits) for pair in zip(source, target, strict=True)]
        dropped.update(filter(None, reasons))
        source, target = ([*compress(lines, (not reason for reason in reasons))] for lines in (source, target))
    return Rewritten(source, target, (words_of(source), words_of(target), dropped))


def _copy_dictionaries(corpus: Corpus, came: Path, folder: Path) -> None:
    source, target = (came / f"dict.{language}.txt" for language in corpus.languages)
    if corpus.dictionary == "separate":
        shutil.copy(source, folder)
        shutil.copy(target, folder)
    elif source.read_bytes() == target.read_bytes():
        shutil.copy(source, folder / "dict.txt")
    else:
        raise InputError(corpus.place, "dictionary: joint, but its two dictionaries differ", "dictionary: separate")


def _write_dictionaries(corpus: Corpus, sides: Mapping[str, Counter[str]], folder: Path) -> None:
    joint = sides[corpus.source] + sides[corpus.target]
    if corpus.already_subwords:
        symbols = sorted(joint, key=lambda symbol: (-joint[symbol], symbol))
    else:
        processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "bpe.model"))
        symbols = [processor.id_to_piece(index) for index in range(len(SPECIAL_SYMBOLS), processor.get_piece_size())]
    if corpus.dictionary == "joint":
        files = {"dict.txt": (joint, symbols)}
    else:
        files = {f"dict.{side}.txt": (counts, [s for s in symbols if s in counts]) for side, counts in sides.items()}
    for name, (counts, chosen) in files.items():
        if corpus.already_subwords and corpus.bpe is not None:
            chosen = chosen[: corpus.bpe - len(SPECIAL_SYMBOLS)]
        filling = -(len(chosen) + len(SPECIAL_SYMBOLS)) % PADDING_MULTIPLE
        with open(folder / name, "w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(f"{symbol} {counts[symbol]}\n" for symbol in chosen)
            stream.writelines(f"madeupword{index:04d} 0\n" for index in range(filling))
