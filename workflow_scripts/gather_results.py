"""Gather what an experiment found into one tidy table: a row for each task, model and device."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import command
import configuration
from hat.latency.budgets import budget_name
from hat.paper.models import ModelRow, model_row, write_models


def main(args: argparse.Namespace) -> None:
    experiment = configuration.load("experiment", args.experiment)
    folder = args.results / experiment["experiment"]
    tasks = experiment["tasks"].items()
    write_models(args.output, [row for name, task in tasks for row in _rows(folder / name, task, args.results.parent)])


def _rows(folder: Path, task: dict[str, Any], root: Path) -> Iterator[ModelRow]:
    corpus = configuration.find("corpus", task["corpus"] or folder.name).stem
    shared: dict[str, Any] = {"task": folder.name, "bleu_kind": _bleu_kind(corpus), "root": root}
    split = task["generation"]["splits"][0]
    for name, wanted in task["devices"].items():
        device = configuration.find("device", name).stem
        models = [(f"hat-{device}-{budget_name(text)}", "hat", text) for text in wanted["budgets"]]
        for family, sizes in task["baselines"].items():
            models += [(f"transformer-{family}-{size}", family, None) for size in sizes]
        for model, family, budget in models:
            model_folder = folder / "models" / model
            measured = model_folder / "latency" / f"{device}.json"
            confirmed = folder / "search" / device / budget_name(budget) / "confirmed.json" if budget else None
            yield model_row(
                **shared,
                hardware=device,
                model=model,
                family=family,
                budget=budget,
                architecture=model_folder / "architecture.yaml",
                score=model_folder / "score" / f"{split}.json",
                latency=confirmed or measured,  # a searched model was timed when it was chosen
                confirmed=confirmed,
            )


def _bleu_kind(corpus: str) -> str:
    """The paper reports compound-split BLEU for WMT and plain tokenized BLEU elsewhere."""
    return "compound-split" if corpus.startswith("wmt") else "tokenized"


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiment", required=True, help="experiment: its name or its file")
    parser.add_argument("--results", required=True, type=Path, help="folder of all results")
    parser.add_argument("--output", required=True, type=Path, help="table to write (CSV)")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
