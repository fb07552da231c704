"""Measure a search's candidates on the device, best first, and take the first that keeps the latency budget.

When none of those measured does, the fastest of them is taken, and the report says that it does not fit.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.budgets import budget_ms
from hat.files import write_json
from hat.search.confirmation import AT_MOST, confirm
from hat.search.tables import read_candidates
from hat_workflow import command
from hat_workflow.arguments import timing


def main(args: argparse.Namespace) -> None:
    candidates = read_candidates(args.candidates)
    limit_ms = budget_ms(args.budgets, args.budget)
    confirmed = confirm(candidates, limit_ms, timing.measure_with(args), args.at_most)
    confirmed.candidate.sub.save(args.subtransformer)
    names = {"task": args.task, "device": confirmed.latency.signature.device, "budget": args.budget}
    write_json(args.report, {**names, "budget_ms": limit_ms, **confirmed.to_dict()})


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--candidates", required=True, type=Path, metavar="CSV")
    timing.add_model_arguments(p)
    most = "candidates to measure (default: %(default)s)"
    p.add_argument("--at-most", type=command.positive, default=AT_MOST, metavar="N", help=most)
    p.add_argument("--budgets", required=True, type=Path, metavar="JSON", help="budgets in ms")
    p.add_argument("--budget", required=True, metavar="NAME", help="which of them, such as p25 or 120ms")
    p.add_argument("--subtransformer", required=True, type=Path, metavar="YAML", help="the one taken")
    p.add_argument("--report", required=True, type=Path, metavar="JSON", help="its latency, and what was tried")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
