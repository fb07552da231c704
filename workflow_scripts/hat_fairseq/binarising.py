"""Text in subwords in fairseq's binary format, with counts of what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from fairseq.binarizer import FileBinarizer, VocabularyDatasetBinarizer
from fairseq.data import Dictionary
from fairseq.data.indexed_dataset import MMapIndexedDataset
from hat.corpus.description import Corpus
from hat.corpus.lines import line_counts, same_lines
from hat.corpus.subwords import BPE_FOLDER
from hat.errors import InputError
from hat.files import replacing_folder, write_json
from hat.progress import say
from hat.text.subwords import SENTENCEPIECE, SUBWORD_NMT

SMALL_FILE_BYTES = 1 << 20
OUTLYING = 10
"""Times the median."""


def binarise_corpus(corpus: Corpus, bpe: Path, output: Path, processes: int = 1) -> None:
    """Write `output`, fairseq's data folder with statistics.json, from `bpe`, text in subwords with its vocabulary.

    Counts of tokens include each sentence's end. InputError when lines are missing or training text has subwords that
    the vocabulary lacks.
    """
    lines = line_counts(bpe, corpus)
    statistics: dict[str, Any] = {
        "source": corpus.source,
        "target": corpus.target,
        "dictionary": corpus.dictionary,
        "subword_marker": SUBWORD_NMT if corpus.already_subwords else SENTENCEPIECE,
        "lines": lines,
        "tokens": {split: {} for split in lines},
        "unknown": {split: {} for split in lines},
    }
    with replacing_folder(output) as folder:
        for side, language in zip(("source", "target"), corpus.languages, strict=True):
            statistics[f"{side}_vocabulary"] = _binarise_side(corpus, language, bpe, folder, processes, statistics)
        write_json(folder / "statistics.json", statistics)


def sentence_length(sizes: np.ndarray[Any, np.dtype[np.int32]], place: Path) -> int:
    """The mean of these lengths, (sentences,), at which latencies are measured.

    Lengths that are many times the median, of lines that are no sentence, are left out, and told.
    """
    usual = sizes[sizes <= OUTLYING * np.median(sizes)]
    if len(usual) < len(sizes):
        say(
            f"{place}: {len(sizes) - len(usual)} of {len(sizes)} lines have more than {OUTLYING} times the tokens that "
            f"half of all have ({int(np.median(sizes))}); the length at which latencies are measured leaves them out"
        )
    return round(float(usual.mean()))


def _binarise_side(
    corpus: Corpus, language: str, bpe: Path, folder: Path, processes: int, statistics: dict[str, Any]
) -> int:
    """Write one language of all splits and count it in `statistics`; the size of its vocabulary."""
    name = "dict.txt" if corpus.dictionary == "joint" else f"dict.{language}.txt"
    vocabulary = Dictionary.load(str(bpe / BPE_FOLDER / name))
    vocabulary.save(str(folder / f"dict.{language}.txt"))
    for split, lines in statistics["lines"].items():
        text = bpe / f"{split}.{language}"
        prefix = folder / f"{split}.{corpus.source}-{corpus.target}.{language}"
        summary = FileBinarizer.multiprocess_dataset(
            str(text),
            "mmap",
            VocabularyDatasetBinarizer(vocabulary, append_eos=True),
            str(prefix),
            vocab_size=len(vocabulary),
            num_workers=processes if text.stat().st_size > SMALL_FILE_BYTES else 1,
        )
        written = MMapIndexedDataset(str(prefix))  # its sizes are a view of the open file
        same_lines(text, lines, f"{prefix.name}.bin", len(written))
        if (split, language) == ("test", corpus.target):
            statistics["sentence_length"] = sentence_length(written.sizes, text)
        tokens, unknown = int(written.sizes.sum()), summary.num_replaced
        if unknown and split == "train" and not corpus.already_subwords:
            raise InputError(text, f"{unknown} subwords are not in {name}", "the training text that BPE was learned on")
        statistics["tokens"][split][language] = tokens
        statistics["unknown"][split][language] = unknown
        say(f"{split}.{language}: {lines} lines, {tokens} tokens, {unknown} unknown")
    return len(vocabulary)
