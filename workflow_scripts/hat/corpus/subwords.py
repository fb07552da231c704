"""Subwords: byte-pair encoding learned on the training tokens of both sides, and fairseq dictionaries to match."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import sentencepiece

from hat.corpus.description import Corpus
from hat.corpus.lines import in_chunks, line_counts, read_lines
from hat.errors import InputError
from hat.files import replacing_folder
from hat.progress import Progress

SENTENCEPIECE = "▁"
"""Stands at the start of every word."""
SUBWORD_NMT = "@@"
"""Stands at the end of every subword but a word's last."""
SPECIAL_SYMBOLS = ("<s>", "<pad>", "</s>", "<unk>")
"""fairseq's, in the order of their ids; the subword model gives them the same ids."""
PADDING_MULTIPLE = 8
"""Dictionaries are filled up to a multiple of this, as fairseq does by default."""
LINES_PER_CHUNK = 10_000
BPE_FOLDER = "model"


def encode_corpus(corpus: Corpus, clean: Path, tokens: Path, output: Path) -> None:
    """Write `output/{split}.{language}` in subwords, `output/model/bpe.model` and the dictionaries beside it.

    The dictionary is one (`dict.txt`: the model's vocabulary) or one for each side (`dict.{language}.txt`: the subwords
    that occur on that side in training). Text that arrives in subwords is taken as it is, and gets no model.
    """
    text = clean if corpus.already_subwords else tokens
    counts = line_counts(text, corpus)
    with replacing_folder(output) as folder:
        model_folder = folder / BPE_FOLDER
        model_folder.mkdir()
        processor = None
        if not corpus.already_subwords:
            words = _count([text / f"train.{language}" for language in corpus.languages])
            (model_folder / "bpe.model").write_bytes(learn(words, corpus.bpe or 0, corpus.place))
            processor = sentencepiece.SentencePieceProcessor(model_file=str(model_folder / "bpe.model"))
        for split, lines in counts.items():
            for language in corpus.languages:
                name = f"{split}.{language}"
                _encode(processor, text / name, folder / name, Progress(f"encode {name}", lines, unit="lines"))
        line_counts(folder, corpus, expected=counts)
        _write_dictionaries(corpus, processor, folder)


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


def merge(pieces: str, marker: str = SENTENCEPIECE) -> str:
    """The words of a line of subwords: undoes the splitting, for either way of marking it."""
    if marker == SUBWORD_NMT:
        return (pieces + " ").replace(f"{SUBWORD_NMT} ", "").strip()
    return pieces.replace(" ", "").replace(SENTENCEPIECE, " ").strip()


def read_dictionary(path: Path) -> list[str]:
    """The symbols of a dictionary file in the order of their ids, without the special symbols."""
    return [line.rsplit(" ", 1)[0] for line in read_lines(path)]


def _count(paths: Iterable[Path]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for path in paths:
        for lines in in_chunks(read_lines(path), LINES_PER_CHUNK):
            counted.update(" ".join(lines).split())
    return counted


def _encode(
    processor: sentencepiece.SentencePieceProcessor | None, text: Path, output: Path, progress: Progress
) -> None:
    with open(output, "w", encoding="utf-8", newline="\n") as stream:
        for lines in in_chunks(read_lines(text), LINES_PER_CHUNK):
            if processor is not None:
                lines = [" ".join(pieces) for pieces in processor.encode(lines, out_type=str, num_threads=1)]
            stream.writelines(line + "\n" for line in lines)
            progress.step(count=len(lines))


def _write_dictionaries(corpus: Corpus, processor: sentencepiece.SentencePieceProcessor | None, folder: Path) -> None:
    sides = {language: _count([folder / f"train.{language}"]) for language in corpus.languages}
    joint = sides[corpus.source] + sides[corpus.target]
    if processor is None:
        symbols = sorted(joint, key=lambda symbol: (-joint[symbol], symbol))
    else:
        symbols = [processor.id_to_piece(index) for index in range(len(SPECIAL_SYMBOLS), processor.get_piece_size())]
    if corpus.dictionary == "joint":
        files = {"dict.txt": (joint, symbols)}
    else:
        files = {f"dict.{side}.txt": (counts, [s for s in symbols if s in counts]) for side, counts in sides.items()}
    for name, (counts, chosen) in files.items():
        if processor is None and corpus.bpe is not None:
            chosen = chosen[: corpus.bpe - len(SPECIAL_SYMBOLS)]
        filling = -(len(chosen) + len(SPECIAL_SYMBOLS)) % PADDING_MULTIPLE
        with open(folder / BPE_FOLDER / name, "w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(f"{symbol} {counts[symbol]}\n" for symbol in chosen)
            stream.writelines(f"madeupword{index:04d} 0\n" for index in range(filling))
