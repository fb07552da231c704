"""Turn text in subwords into fairseq's binary format and count what is in it (statistics.json)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from hat.corpus.description import Corpus
from hat.corpus.lines import line_counts, same_lines
from hat.corpus.subwords import BPE_FOLDER
from hat.errors import InputError
from hat.files import replacing_folder, write_json
from hat.progress import say
from hat.text.subwords import SENTENCEPIECE, SUBWORD_NMT
from hat_workflow import command, settings

SMALL_FILE_BYTES = 1 << 20


def main(args: argparse.Namespace) -> None:
    corpus = Corpus.from_settings(settings.load("corpus", args.corpus), args.corpus)
    lines = line_counts(args.bpe, corpus)
    statistics: dict[str, Any] = {
        "source": corpus.source,
        "target": corpus.target,
        "dictionary": corpus.dictionary,
        "subword_marker": SUBWORD_NMT if corpus.already_subwords else SENTENCEPIECE,
        "lines": lines,
        "tokens": {split: {} for split in lines},
        "unknown": {split: {} for split in lines},
    }
    with replacing_folder(args.output) as folder:
        for side, language in zip(("source", "target"), corpus.languages, strict=True):
            statistics[f"{side}_vocabulary"] = binarise_side(corpus, language, args, folder, statistics)
        statistics["sentence_length"] = round(statistics["tokens"]["test"][corpus.target] / lines["test"])
        write_json(folder / "statistics.json", statistics)


def binarise_side(
    corpus: Corpus, language: str, args: argparse.Namespace, folder: Path, statistics: dict[str, Any]
) -> int:
    """Write one language of all splits; the size of its vocabulary. Counts of tokens include each sentence's end."""
    from fairseq.binarizer import FileBinarizer, VocabularyDatasetBinarizer  # slow to import
    from fairseq.data import Dictionary
    from fairseq.data.indexed_dataset import MMapIndexedDataset

    name = "dict.txt" if corpus.dictionary == "joint" else f"dict.{language}.txt"
    vocabulary = Dictionary.load(str(args.bpe / BPE_FOLDER / name))
    vocabulary.save(str(folder / f"dict.{language}.txt"))
    for split, lines in statistics["lines"].items():
        text = args.bpe / f"{split}.{language}"
        prefix = folder / f"{split}.{corpus.source}-{corpus.target}.{language}"
        summary = FileBinarizer.multiprocess_dataset(
            str(text),
            "mmap",
            VocabularyDatasetBinarizer(vocabulary, append_eos=True),
            str(prefix),
            vocab_size=len(vocabulary),
            num_workers=args.processes if text.stat().st_size > SMALL_FILE_BYTES else 1,
        )
        written = MMapIndexedDataset(str(prefix))  # its sizes are a view of the open file
        same_lines(text, lines, f"{prefix.name}.bin", len(written))
        tokens, unknown = int(written.sizes.sum()), summary.num_replaced
        if unknown and split == "train" and not corpus.already_subwords:
            raise InputError(text, f"{unknown} subwords are not in {name}", "the training text that BPE was learned on")
        statistics["tokens"][split][language] = tokens
        statistics["unknown"][split][language] = unknown
        say(f"{split}.{language}: {lines} lines, {tokens} tokens, {unknown} unknown")
    return len(vocabulary)


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--corpus", required=True, help="corpus file, or its name in config/corpora")
    options.add_argument("--bpe", required=True, type=Path, help="folder of text in subwords, with model/")
    options.add_argument("--processes", type=int, default=1, help="processes to work with (default: %(default)s)")
    options.add_argument("--output", required=True, type=Path, help="fairseq data folder, with statistics.json")
    return options


if __name__ == "__main__":
    command.run(parser(), main)
