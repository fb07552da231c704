"""Search within a latency budget by measuring each candidate on the device, without a predictor (HAT, section 2.3)."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

from hat.architecture import Genes, SubTransformer
from hat.budgets import budget_ms
from hat.engines.factory import module_of
from hat.files import file_digest, write_json
from hat.latency.device_signature import DeviceSignature
from hat.rolling import rolling_folder
from hat.search.confirmation import confirm
from hat.search.memo import Remembered
from hat.search.tables import ranked
from hat_workflow import command
from hat_workflow.arguments import inheriting, searching, timing
from hat_workflow.code_hash import code_hash


def main(args: argparse.Namespace) -> None:
    measure = timing.measure_with(argparse.Namespace(**vars(args) | {"runs": args.search_runs}))
    device = DeviceSignature.load(args.signature)
    belongs_to = {"task": args.task, "device": device.signature.device, "budget": args.budget}
    # everything that a measured latency depends on, and nothing about the search
    fingerprint = {
        "signature": file_digest(args.signature),
        "runs": args.search_runs,
        "code": code_hash("hat.latency.protocol"),
        "engine": code_hash(module_of(device.signature.engine)),
    }
    space = searching.design_space(args)
    needed: dict[SubTransformer, float] = {}
    with (
        inheriting.remembered_loss(args) as loss,
        rolling_folder(args.rolling, "search_online", fingerprint, shared=True) as folder,
        Remembered(folder, lambda sub: measure(sub).latency_ms) as latency_ms,
    ):

        def predict(subs: Iterable[SubTransformer]) -> Iterator[float]:
            for sub in subs:
                needed[sub] = latency_ms(sub)
                yield needed[sub]

        def smallest() -> tuple[float, Genes]:
            genes = tuple(min(choices) for choices in space.genes())
            (fastest_ms,) = predict([space.decode(genes)])
            return fastest_ms, genes

        history = searching.search(args, predict, loss, asked=lambda: loss.asked, fastest_of=smallest)
    searching.write_tables(args, history, belongs_to)
    limit_ms = budget_ms(args.budgets, args.budget)
    confirmed = confirm(ranked(history), limit_ms, timing.measure_with(args))
    confirmed.candidate.sub.save(args.subtransformer)
    cost = {
        "measured": len(needed),
        "timed_seconds": timed_seconds(needed.values(), device.anchor_ms, args.search_runs),
    }
    write_json(args.report, {**belongs_to, "budget_ms": limit_ms, **confirmed.to_dict(), **cost})


def timed_seconds(latencies_ms: Iterable[float], anchor_ms: float, runs: int) -> float:
    """What the timed runs of models take, each in turn with one of the anchor."""
    return round(sum(latency_ms + anchor_ms for latency_ms in latencies_ms) * runs / 1000, 3)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    inheriting.add_arguments(p)
    searching.add_arguments(p)
    searching.add_table_arguments(p)
    timing.add_model_arguments(p)
    p.add_argument("--search-runs", type=command.positive, default=20, metavar="N", help="timed runs of a candidate")
    p.add_argument("--subtransformer", required=True, type=Path, metavar="YAML", help="the one taken")
    p.add_argument("--report", required=True, type=Path, metavar="JSON", help="its latency, and what the search took")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
