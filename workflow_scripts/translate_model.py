"""Translate one split of a corpus with beam search; writes one tokenised sentence per line, in the corpus's order."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from hat.files import write_text
from hat.text.subwords import merge
from hat_fairseq.corpus import statistics
from hat_fairseq.generation import translate
from hat_fairseq.model import load_model
from hat_fairseq.rivals.levenshtein import refine
from hat_workflow import command


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--checkpoint", type=Path, required=True, help="a trained model")
    options.add_argument("--corpus", type=Path, required=True, help="folder of the binarised corpus")
    options.add_argument("--split", required=True, help="test, valid, or another split of the corpus")
    options.add_argument("--beam", type=int, default=5)
    options.add_argument("--length-penalty", type=float, default=1.0)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--output", type=Path, required=True, help="output: hypotheses")
    return options


def main(args: argparse.Namespace) -> None:
    torch.set_num_threads(args.threads)
    model, facts = load_model(args.checkpoint)
    label = f"translate_model {args.checkpoint.parent.name} {args.split}"
    if facts.get("family") == "levenshtein":
        hypotheses = refine(model, args.corpus, args.split, label)
    else:
        search = {"beam": args.beam, "length_penalty": args.length_penalty}
        hypotheses = translate(model, args.corpus, args.split, label=label, **search)
    marker = statistics(args.corpus)["subword_marker"]
    write_text(args.output, "".join(f"{merge(hypothesis, marker)}\n" for hypothesis in hypotheses))


if __name__ == "__main__":
    command.run(parser(), main)
