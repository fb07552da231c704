"""Take the best candidate of a search for a device that is not at hand: its latency stays predicted."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.budgets import budget_ms
from hat.files import write_json
from hat.search.tables import read_candidates
from hat_workflow import command
from hat_workflow.arguments import identity


def main(args: argparse.Namespace) -> None:
    best = read_candidates(args.candidates)[0]
    best.sub.save(args.subtransformer)
    found = {"predicted_ms": best.predicted_ms, "rank": best.rank, "loss": best.loss, "fits": None}
    write_json(args.report, {**identity.of(args), "budget_ms": budget_ms(args.budgets, args.budget), **found})


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    identity.add_arguments(p)
    p.add_argument("--candidates", required=True, type=Path, metavar="CSV")
    p.add_argument("--budgets", required=True, type=Path, metavar="JSON", help="budgets in ms")
    p.add_argument("--budget", required=True, metavar="NAME", help="which of them, such as p25 or 120ms")
    p.add_argument("--subtransformer", required=True, type=Path, metavar="YAML", help="the one taken")
    p.add_argument("--report", required=True, type=Path, metavar="JSON", help="its predicted latency")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
