"""What a result belongs to, which it carries inside: its task, its device, its budget."""

from __future__ import annotations

import argparse


def add_arguments(p: argparse.ArgumentParser) -> None:
    p.add_argument("--task", required=True, metavar="NAME", help="as the results call it")
    p.add_argument("--device-name", required=True, metavar="NAME", help="as the results call the device")


def of(args: argparse.Namespace) -> dict[str, str]:
    """As `add_arguments` and, where there is one, --budget were answered: the first keys or columns of a result."""
    budget = {"budget": args.budget} if "budget" in args else {}
    return {"task": args.task, "device": args.device_name, **budget}
