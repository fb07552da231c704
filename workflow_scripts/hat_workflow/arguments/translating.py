"""What the commands that translate share: a trained model, a split of a corpus, and the file of hypotheses."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from hat.files import write_json, write_text
from hat.text.subwords import merge
from hat_fairseq.corpus import statistics
from hat_fairseq.generation import Translated


def add_arguments(p: argparse.ArgumentParser) -> None:
    p.add_argument("--model", required=True, metavar="NAME", help="its name, for progress")
    p.add_argument("--checkpoint", type=Path, required=True, metavar="PT", help="a trained model")
    p.add_argument("--corpus", type=Path, required=True, metavar="FOLDER", help="binarised corpus")
    p.add_argument("--split", required=True, help="test, valid, or another split of the corpus")
    p.add_argument("--beam", type=int, default=5, metavar="N")
    p.add_argument("--length-penalty", type=float, default=1.0, metavar="X")
    p.add_argument("--max-len-a", type=float, default=0, metavar="A", help="subwords of a hypothesis at most: A x + B")
    p.add_argument("--max-len-b", type=int, default=200, metavar="B", help="with x subwords in the source")
    p.add_argument("--threads", type=int, default=1, metavar="N")
    p.add_argument("--output", type=Path, required=True, help="output: hypotheses")
    p.add_argument("--report", type=Path, required=True, metavar="JSON", help="output: how many of them were cut")


def search(args: argparse.Namespace) -> dict[str, Any]:
    """What beam search is told."""
    return {name: getattr(args, name) for name in ("beam", "length_penalty", "max_len_a", "max_len_b")}


def label(args: argparse.Namespace, command: str) -> str:
    """What progress lines call the work."""
    return f"{command} {args.model} {args.split}"


def write_hypotheses(args: argparse.Namespace, found: Translated) -> None:
    """Write hypotheses in subwords as tokenised sentences, one a line; and how many of how many were cut."""
    marker = statistics(args.corpus)["subword_marker"]
    write_text(args.output, "".join(f"{merge(hypothesis, marker)}\n" for hypothesis in found.hypotheses))
    write_json(args.report, {"model": args.model, "sentences": len(found.hypotheses), "cut": found.cut})
