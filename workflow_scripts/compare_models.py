"""Compare translations of the same sentences: differences in BLEU with 95% intervals of a paired bootstrap.

For people, not for a rule. The reference is tokens/test.en in the corpus's folder, hypotheses are score/test.hyp in a
model's.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from hat.errors import InputError
from hat.files import write_csv
from hat.scoring import compare_files
from hat_workflow import command


def main(args: argparse.Namespace) -> None:
    if len(args.hypotheses) < 2:
        raise InputError("--hypotheses", "one file", "those that are compared with it, too")
    found = compare_files(args.reference, args.hypotheses, args.language or args.reference.suffix[1:])
    for each in found:
        print(f"{each.hypotheses}: BLEU {each.bleu:.1f}, {each.median:+.1f} [{each.low:.1f}, {each.high:.1f}]")
    if args.output is not None:
        write_csv(args.output, [{"against": args.hypotheses[0], **asdict(each)} for each in found])


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", required=True, type=Path, metavar="FILE", help="tokenised, a sentence a line")
    parser.add_argument(
        "--hypotheses", required=True, nargs="+", type=Path, metavar="FILE", help="the first, and others against it"
    )
    parser.add_argument("--language", help="the target's code (default: the ending of the reference)")
    parser.add_argument("--output", type=Path, metavar="CSV", help="the differences with all digits")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
