"""Tokenise clean text by the Moses rules of each language, lower-cased if the corpus says so."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.corpus.description import Corpus
from hat.corpus.tokens import tokenise_corpus
from hat_workflow import command, settings


def main(args: argparse.Namespace) -> None:
    corpus = Corpus.from_settings(settings.load("corpus", args.corpus), args.corpus)
    tokenise_corpus(corpus, args.clean, args.output, args.processes)


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--corpus", required=True, help="corpus file, or its name in config/corpora")
    options.add_argument("--clean", required=True, type=Path, help="folder of clean text")
    options.add_argument("--processes", type=int, default=1, help="processes to tokenise with (default: %(default)s)")
    options.add_argument("--output", required=True, type=Path, help="folder of tokenised text")
    return options


if __name__ == "__main__":
    command.run(parser(), main)
