"""Turn text in subwords into fairseq's binary format and count what is in it (statistics.json)."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.corpus.description import Corpus
from hat_workflow import command, settings


def main(args: argparse.Namespace) -> None:
    corpus = Corpus.from_settings(settings.load("corpus", args.corpus), args.corpus)
    from hat_fairseq.binarising import binarise_corpus  # slow to import

    binarise_corpus(corpus, args.bpe, args.output, args.processes)


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--corpus", required=True, help="corpus file, or its name in config/corpora")
    options.add_argument("--bpe", required=True, type=Path, help="folder of text in subwords, with model/")
    options.add_argument("--processes", type=int, default=1, help="processes to work with (default: %(default)s)")
    options.add_argument("--output", required=True, type=Path, help="fairseq data folder, with statistics.json")
    return options


if __name__ == "__main__":
    command.run(parser(), main)
