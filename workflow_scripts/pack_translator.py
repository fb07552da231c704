"""Pack the command `translate` as one file, for machines without this project.

There it needs Python 3.11 or later with numpy, PyYAML, sentencepiece, sacremoses and ai-edge-litert or onnxruntime:
`python3 translate.pyz --model ship < source > target`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.engines.factory import SHIPPED
from hat.files import replacing
from hat.progress import say
from hat_workflow import command
from hat_workflow.kit import translating_kit


def main(args: argparse.Namespace) -> None:
    with replacing(args.output) as temporary:
        temporary.write_bytes(translating_kit(args.engines))
    say(f"{args.output}: python3 {args.output.name} --model FOLDER < source > target")


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--engines", nargs="+", choices=SHIPPED, default=SHIPPED, help="runtimes (default: both)")
    p.add_argument("--output", type=Path, default=Path("translate.pyz"), metavar="PYZ", help="(default: %(default)s)")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
