"""Gather what an experiment found, for one of its tables: a row for each task, device and model that is compared."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from hat.errors import InputError
from hat.files import JsonFile, read_csv
from hat.paper.models import ModelRow, model_row, write_models
from hat_workflow import command, experiment
from hat_workflow.models import MAIN, devices_of


def main(args: argparse.Namespace) -> None:
    rows = list(_rows(experiment.read(args.experiment), args.table, args.results))
    if not rows:
        raise InputError(args.experiment, f"no task asks for {args.table}", f"studies: [{args.table}]")
    write_models(args.output, rows)


def _rows(asked: experiment.Experiment, table: str, results: Path) -> Iterator[ModelRow]:
    for name, task in asked.settings["tasks"].items():
        models = asked.compared(name, table)
        folder = results / asked.settings["experiment"] / name
        _, corpus = asked.files["corpus"][task["corpus"]]
        statistics = results / "corpora" / task["corpus"] / "binary" / "statistics.json"
        length = task["sentence_length"] or int(JsonFile(statistics).number("sentence_length"))
        shared = folder / "supertransformer" / "metrics.json"
        split = task["generation"]["splits"][0]
        for device in task["devices"]:
            at_hand, predicted = asked.at_hand(device), folder / "latency" / device / "models.csv"
            predictions = {} if at_hand else {row["model"]: row for row in read_csv(predicted)}
            for model in models:
                if device in devices_of(model, table, task):
                    own, trained = device in model.devices, task["training"] is not None
                    model_folder = folder / "models" / model.name
                    yield model_row(
                        task=name,
                        hardware=device,
                        model=model.name,
                        family=model.family,
                        base=model.base,
                        budget=model.budget if own else None,
                        bleu_kind=corpus["bleu"],
                        sentence_length=length,
                        architecture=folder / model.architecture,
                        score=model_folder / "score" / f"{split}.json" if trained else None,
                        latency=folder / "models" / model.timed_as / "latency" / f"{device}.json" if at_hand else None,
                        predicted_ms=None if at_hand else float(predictions[model.timed_as]["predicted_ms"]),
                        confirmed=folder / model.confirmed if model.confirmed and own else None,
                        report=model_folder / "train.json" if trained else None,
                        supertransformer=shared if table == "table2" and model.family == "hat" else None,
                        root=results.parent,
                    )


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiment", required=True, help="experiment: its name or its file")
    parser.add_argument("--table", default=MAIN, help="which table, such as table4 (default: %(default)s)")
    parser.add_argument("--results", required=True, type=Path, help="folder of all results")
    parser.add_argument("--output", required=True, type=Path, help="table to write (CSV)")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
