"""Translate lines of standard input by a shipped model to standard output: raw text in, ordinary text out.

Needs no torch. With --n-best, each hypothesis is a line of the input line's number, its score and its text, with tabs
between them.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from hat.errors import InputError
from hat.progress import EVERY_SECONDS, say
from hat.translator.bundle import load
from hat_workflow import command

BATCHES_AT_ONCE = 32
"""Lines read before the first is translated, in batches: sentences of about the same length share one."""


def main(args: argparse.Namespace) -> None:
    translator = load(args.model, engine=args.engine, dtype=args.dtype, threads=args.threads, shortlist=args.shortlist)
    options = {"beam": args.beam, "length_penalty": args.length_penalty, "n_best": args.n_best, "batch": args.batch}
    translator.hypotheses([], **options)  # what is wrong with them is told before anything is read
    number = 0
    at_once = 1 if args.batch == 1 else args.batch * BATCHES_AT_ONCE
    lines = text_lines(sys.stdin.buffer)
    started = said = time.monotonic()
    while window := list(islice(lines, at_once)):
        for found in translator.hypotheses(window, **options):
            number += 1
            for hypothesis in found:
                place = f"{number}\t{hypothesis.score:.4f}\t" if args.n_best > 1 else ""
                sys.stdout.write(f"{place}{hypothesis.text}\n")
        sys.stdout.flush()
        now = time.monotonic()
        if now - said > EVERY_SECONDS:
            said = now
            say(f"translate: {number} lines, {number / (now - started):.1f}/s")


def text_lines(stream: io.BufferedIOBase) -> Iterator[str]:
    """Lines of UTF-8 text, ended by a newline alone. InputError, naming the line, for what is not UTF-8."""
    for number, line in enumerate(stream, start=1):
        try:
            yield line.decode().removesuffix("\n")
        except UnicodeDecodeError as error:
            raise InputError("standard input", f"line {number}: not UTF-8 at byte {error.start}", "UTF-8") from None


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--model", type=Path, required=True, metavar="FOLDER", help="the shipped model, such as ship/")
    p.add_argument("--engine", metavar="NAME", help="litert or onnxruntime (default: the first that is installed)")
    p.add_argument("--dtype", default="float32", metavar="FORMAT", help="float32 or int8 (default: %(default)s)")
    p.add_argument(
        "--shortlist",
        action="store_true",
        help="likely words alone: quicker for large vocabularies; manifest.json says what it costs",
    )
    p.add_argument("--threads", type=command.positive, default=1, metavar="N")
    p.add_argument("--beam", type=command.positive, metavar="N", help="hypotheses kept (default: the model's)")
    p.add_argument("--length-penalty", type=float, metavar="X", help="above 1 favours longer (default: the model's)")
    p.add_argument("--n-best", type=command.positive, default=1, metavar="N", help="translations of each line")
    p.add_argument("--batch", type=command.positive, default=1, metavar="N", help="sentences decoded at once")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
