"""Translate one split of a corpus with a rival, as `translate_model` does with a Transformer.

Evolved and Lite Transformers use beam search. A Levenshtein Transformer refines a whole sentence in a few iterations.
"""

from __future__ import annotations

import argparse

import torch
from hat_fairseq.generation import Translated, translate
from hat_fairseq.rivals.families import load_rival
from hat_fairseq.rivals.refinement import refine
from hat_workflow import command
from hat_workflow.arguments import translating


def main(args: argparse.Namespace) -> None:
    torch.set_num_threads(args.threads)
    model, family = load_rival(args.checkpoint)
    label = translating.label(args, "translate_rival")
    if family == "levenshtein":
        found = Translated(refine(model, args.corpus, args.split, label), cut=0)
    else:
        found = translate(model, args.corpus, args.split, label=label, **translating.search(args))
    translating.write_hypotheses(args, found)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    translating.add_arguments(p)
    return p


if __name__ == "__main__":
    command.run(parser(), main)
