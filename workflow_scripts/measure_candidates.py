"""Measure the best candidates of a search on its device, to compare predicted latencies with measured ones."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.files import write_csv
from hat.latency.doubt import is_doubtful
from hat.progress import Progress
from hat.search.tables import read_candidates
from hat_workflow import command
from hat_workflow.arguments import timing


def main(args: argparse.Namespace) -> None:
    candidates = read_candidates(args.candidates)[: args.count]
    measure = timing.measure_with(args)
    progress = Progress(f"measure_candidates {args.budget}", len(candidates), unit="candidates")
    rows = []
    for candidate in candidates:
        latency = measure(candidate.sub)
        rows.append(
            {
                "task": args.task,
                "device": latency.signature.device,
                "budget": args.budget,
                "rank": candidate.rank,
                "loss": candidate.loss,
                "predicted_ms": candidate.predicted_ms,
                **latency.numbers(),
                "doubtful": is_doubtful(latency.numbers()),
            }
        )
        progress.step(f"{candidate.predicted_ms:.2f} ms predicted, {latency.latency_ms:.2f} ms measured")
    write_csv(args.output, rows)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--candidates", required=True, type=Path, metavar="CSV")
    p.add_argument("--count", type=command.positive, default=10, metavar="N", help="the best N (default: %(default)s)")
    timing.add_model_arguments(p)
    p.add_argument("--budget", required=True, metavar="NAME", help="of the search, such as p25 or 120ms")
    p.add_argument("--output", required=True, type=Path, metavar="CSV", help="a row for each candidate")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
