"""Score a model's translations of one split: BLEU in its named variants and chrF2, with signatures and confidence."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.corpus.description import reference_file
from hat.files import JsonFile, write_json
from hat.scoring import score_files
from hat_workflow import command, settings
from hat_workflow.arguments import fetching


def main(args: argparse.Namespace) -> None:
    corpus = settings.load("corpus", args.corpus)
    target = corpus["target"]
    scores = score_files(
        args.hypotheses,
        args.tokens / f"{args.split}.{target}",
        reference_file(args.raw, args.split, target),
        language=target,
        lowercase=corpus["lowercase"],
        tokeniser=corpus["sacrebleu_tokeniser"],
        mirror=fetching.mirror(args),
    )
    cut = int(JsonFile(args.report).number("cut"))
    write_json(args.output, scores | {"split": args.split, "cut": cut})


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hypotheses", required=True, type=Path, help="translations: merged tokens, in corpus order")
    parser.add_argument("--report", required=True, type=Path, help="what was told of them: how many were cut (JSON)")
    parser.add_argument("--corpus", required=True, help="corpus: its name or its file")
    parser.add_argument("--tokens", required=True, type=Path, help="folder of the tokenised corpus")
    parser.add_argument("--raw", required=True, type=Path, help="folder of the untouched corpus")
    parser.add_argument("--split", required=True, help="which split the hypotheses translate")
    fetching.add_arguments(parser, "sacrebleu")
    parser.add_argument("--output", required=True, type=Path, help="scores to write (JSON)")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
