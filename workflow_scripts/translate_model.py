"""Translate one split of a corpus with beam search; writes one tokenised sentence per line, in the corpus's order."""

from __future__ import annotations

import argparse

import torch
from hat.model.checkpoint import load_checkpoint
from hat_fairseq.generation import translate
from hat_workflow import command
from hat_workflow.arguments import translating


def main(args: argparse.Namespace) -> None:
    torch.set_num_threads(args.threads)
    model, _ = load_checkpoint(args.checkpoint)
    found = translate(
        model,
        args.corpus,
        args.split,
        **translating.search(args),
        label=translating.label(args, "translate_model"),
    )
    translating.write_hypotheses(args, found)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    translating.add_arguments(p)
    return p


if __name__ == "__main__":
    command.run(parser(), main)
