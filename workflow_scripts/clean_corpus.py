"""Normalise characters and whitespace; drop empty, overlong and ill-matched pairs from the training split."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.corpus.clean import clean_corpus
from hat.corpus.description import Corpus
from hat_workflow import command, settings


def main(args: argparse.Namespace) -> None:
    corpus = Corpus.from_settings(settings.load("corpus", args.corpus), args.corpus)
    clean_corpus(corpus, args.raw, args.output, args.processes)


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--corpus", required=True, help="corpus file, or its name in config/corpora")
    options.add_argument("--raw", required=True, type=Path, help="folder of raw text")
    options.add_argument("--processes", type=int, default=1, help="processes to work with (default: %(default)s)")
    options.add_argument("--output", required=True, type=Path, help="folder of clean text, with report.json")
    return options


if __name__ == "__main__":
    command.run(parser(), main)
