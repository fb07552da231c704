"""Find or download every file of a corpus, verify checksums, and write plain UTF-8 text, one sentence a line."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.corpus.description import Corpus
from hat.corpus.fetch import fetch_corpus
from hat_workflow import command, settings
from hat_workflow.arguments import fetching


def main(args: argparse.Namespace) -> None:
    corpus = Corpus.from_settings(settings.load("corpus", args.corpus), args.corpus)
    fetch_corpus(corpus, args.output, fetching.mirror(args))


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--corpus", required=True, help="corpus file, or its name in config/corpora")
    fetching.add_arguments(options, "<name>")
    options.add_argument("--output", required=True, type=Path, help="folder of raw text: {split}.{language}")
    return options


if __name__ == "__main__":
    command.run(parser(), main)
