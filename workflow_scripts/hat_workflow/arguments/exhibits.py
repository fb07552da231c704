"""Arguments of the commands that make a table or draw a figure of the paper: which one, from what, where to."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import hat.paper
from hat.errors import InputError, nearest
from hat.paper.gathered import KINDS, read_gathered
from pandas import DataFrame


class Gathered(dict[str, DataFrame]):
    """The tidy tables that an exhibit is made of, by kind."""

    def __missing__(self, kind: str) -> DataFrame:
        raise InputError("--gathered", f"no {kind}", f"{kind}=FILE")


def add_arguments(parser: argparse.ArgumentParser, files: str) -> None:
    parser.add_argument("--exhibit", required=True, metavar="NAME", help="a module of hat/paper, such as table8")
    parser.add_argument("--gathered", required=True, nargs="+", metavar="KIND=FILE", help="what it shows (CSV)")
    parser.add_argument("--output-stem", required=True, type=Path, help=f"files to write, without {files}")


def exhibit(args: argparse.Namespace, entry: str) -> Callable[..., Any]:
    """The function `entry` of the module that is asked for, which is imported alone: no exhibit depends on another."""
    (folder,) = map(Path, hat.paper.__path__)
    known = [path.stem for path in folder.glob("*.py") if f"\ndef {entry}(" in path.read_text()]
    if args.exhibit not in known:
        raise InputError("--exhibit", repr(args.exhibit), nearest(args.exhibit, known))
    found: Callable[..., Any] = getattr(import_module(f"hat.paper.{args.exhibit}"), entry)
    return found


def gathered(args: argparse.Namespace) -> Gathered:
    found = Gathered()
    for word in args.gathered:
        kind, _, file = word.partition("=")
        if kind not in KINDS:
            raise InputError("--gathered", repr(word), f"KIND=FILE; KIND is one of {nearest(kind, KINDS)}")
        found[kind] = read_gathered(file, kind)
    return found
