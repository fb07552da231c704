"""Write the demo language's distinct German-English pairs as plain text, one sentence a line, no pair in two splits."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.corpus.description import Corpus
from hat.corpus.lines import write_lines
from hat.demo_language.pairs import LARGEST_COUNT, generate_pairs
from hat.errors import InputError
from hat.files import replacing_folder
from hat.progress import say
from hat_workflow import command, settings

SIDES = {"de": 0, "en": 1}


def main(args: argparse.Namespace) -> None:
    record = settings.load("corpus", args.corpus)
    corpus = Corpus.from_settings(record, args.corpus)
    if not corpus.generated:
        raise InputError(
            corpus.place, "key 'generated' is missing", "generated: {seed: 1, train: 12000}, or fetch_corpus"
        )
    if set(corpus.languages) != set(SIDES):
        raise InputError(
            corpus.place, f"cannot generate {' and '.join(corpus.languages)}", "source and target: de and en"
        )
    sizes = {split: record["generated"][split] for split in corpus.splits}
    if sum(sizes.values()) > LARGEST_COUNT:
        raise InputError(corpus.place, f"{sum(sizes.values())} generated pairs", f"at most {LARGEST_COUNT} in all")
    pairs = iter(generate_pairs(sum(sizes.values()), record["generated"]["seed"]))
    with replacing_folder(args.output) as folder:
        for split, size in sizes.items():
            sentences = [next(pairs) for _ in range(size)]
            for language in corpus.languages:
                write_lines(folder / f"{split}.{language}", (pair[SIDES[language]] for pair in sentences))
            say(f"{split}: {size} pairs")


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--corpus", required=True, help="corpus file, or its name in config/corpora")
    options.add_argument("--output", required=True, type=Path, help="folder of raw text: {split}.{language}")
    return options


if __name__ == "__main__":
    command.run(parser(), main)
