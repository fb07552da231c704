"""Latency predictors compared: a table of their errors beside those published, and their learning curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Self

from hat.files import JsonFile, read_csv
from hat.paper.published.facts import published_predictors
from hat.paper.style import MARKS, panel_grid, save_figure
from hat.paper.tables import Table

COLUMNS: dict[str, tuple[str, str, int | None]] = {
    "MLP, 1 layer": ("all", "mlp", 1),
    "MLP, 3 layers": ("all", "mlp", 3),
    "MLP, 5 layers": ("all", "mlp", 5),
    "Ridge": ("all", "ridge", 3),
    "Chosen": ("all", "chosen", 3),
    "Steady: MLP, 3 layers": ("steady", "mlp", 3),
    "Steady: ridge": ("steady", "ridge", 3),
    "Steady: chosen": ("steady", "chosen", 3),
}
"""Which rows, which model, how many linear layers."""
PUBLISHED = {
    "Authors' recipe, retrained": "authors_recipe_rmse_ms",
    "Best known, retrained": "best_retrained_rmse_ms",
    "Released": "released_rmse_ms",
}


@dataclass(frozen=True, kw_only=True)
class Study:
    """The trials of one device on one task, and how many of its samples drifted."""

    task: str
    device: str
    trials: Sequence[dict[str, str]]
    samples: int
    drifted: int

    @classmethod
    def load(cls, study: Path, report: Path) -> Self:
        """From study.csv and predictor.json in a folder .../{task}/latency/{device}/."""
        device, _, task, *_ = (folder.name for folder in study.resolve().parents)
        record = JsonFile(report)
        drifted = int(record.number("left_out"))
        return cls(
            task=task,
            device=device,
            trials=read_csv(study, ["rows", "model", "linear_layers", "train", "chosen", "rmse_ms"]),
            samples=int(record.number("samples")) + drifted,
            drifted=drifted,
        )

    def rmse_ms(self, rows: str, model: str, linear_layers: int | None, train: int | None = None) -> list[float]:
        """The test errors of the trials of one kind, a seed each; of those with most training rows unless told."""
        kept = [trial for trial in self.trials if trial["rows"] == rows]
        most = train or max((int(trial["train"]) for trial in kept), default=0)
        return [
            float(trial["rmse_ms"])
            for trial in kept
            if int(trial["train"]) == most
            and int(trial["linear_layers"]) == linear_layers
            and (trial["chosen"] == "true" if model == "chosen" else trial["model"] == model)
        ]


def predictors_table(studies: Sequence[Study]) -> Table:
    """The table to read: means over the seeds."""
    records = predictors_records(studies)
    shown = [*COLUMNS, *(name for name in PUBLISHED if any(record[PUBLISHED[name]] for record in records))]
    return Table(
        name="Predictors",
        caption="Test error (RMSE in ms) of latency predictors",
        columns=["Task", "Hardware", "Samples", "Drifted", *shown],
        text_columns=2,
        groups=[[_cells(record, shown) for record in records]],
        notes=[
            "Mean of the seeds. One split for all: 80% to learn from, 10% to choose by, 10% to report.",
            "Drifted: samples in stretches that were measured while the machine ran at another speed. Steady: without"
            " them, in the test rows too, so that these columns do not compare with the others.",
            "Chosen: the MLP of three layers or ridge, whichever has the smaller validation error.",
            "Ridge regresses on products of the ten features; the MLPs see the ten.",
            "Best known, authors' recipe: retrained on the same rows as here; released: the authors' own weights, whose"
            " training rows are not known.",
        ],
    )


def predictors_records(studies: Sequence[Study]) -> list[dict[str, object]]:
    """The rows of the CSV: mean and standard deviation over the seeds, published errors beside."""
    published = published_predictors()
    records: list[dict[str, object]] = []
    for study in studies:
        found = {name: study.rmse_ms(*kind) for name, kind in COLUMNS.items()}
        known = published.get((study.task, study.device), {})
        records.append(
            {
                "task": study.task,
                "hardware": study.device,
                "samples": study.samples,
                "drifted": study.drifted,
                **{f"{_column(name)}_rmse_ms": mean(values) if values else None for name, values in found.items()},
                **{f"{_column(name)}_std_ms": _deviation(values) for name, values in found.items()},
                **{column: known.get(column) for column in PUBLISHED.values()},
            }
        )
    return records


def draw_learning_curves(studies: Sequence[Study], stem: Path) -> None:
    """Draw `stem`.pdf and .png, a panel for each device: test error against training rows; and write `stem`.csv."""
    drawn: list[dict[str, object]] = []
    with panel_grid(len(studies)) as (figure, all_axes):
        for axes, study in zip(all_axes, studies, strict=True):
            for model, name, mark in (("ridge", "Ridge", MARKS["hat"]), ("mlp", "MLP, 3 layers", MARKS["depth"])):
                points = [*_curve(study, model)]
                sizes, means, deviations = zip(*points, strict=True)
                axes.errorbar(
                    sizes, means, deviations, color=mark.colour, marker=mark.marker, linestyle=mark.line, label=name
                )
                drawn += [
                    {
                        "task": study.task,
                        "device": study.device,
                        "model": model,
                        "train": size,
                        "rmse_ms": error,
                        "std_ms": deviation,
                    }
                    for size, error, deviation in points
                ]
            axes.set_title(f"{study.task}\n{study.device}")
            axes.set_xscale("log")
            axes.set_xticks(sizes, labels=[str(size) for size in sizes])
            axes.minorticks_off()
            axes.set_ylim(bottom=0)
            axes.set(xlabel="Samples to learn from", ylabel="Test RMSE (ms)")
        handles, labels = all_axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=2)
        save_figure(figure, stem, drawn)


def _curve(study: Study, model: str) -> Iterator[tuple[int, float, float]]:
    for size in sorted({int(trial["train"]) for trial in study.trials if trial["rows"] == "all"}):
        errors = study.rmse_ms("all", model, 3, size)
        yield size, mean(errors), _deviation(errors)


def _cells(record: dict[str, object], shown: Sequence[str]) -> list[str]:
    errors = [record[PUBLISHED.get(name, f"{_column(name)}_rmse_ms")] for name in shown]
    return [*(str(record[name]) for name in ("task", "hardware", "samples", "drifted")), *map(_number, errors)]


def _number(value: object) -> str:
    return "–" if value is None else f"{value:.4g}"


def _column(name: str) -> str:
    return name.lower().replace(":", "").replace(",", "").replace(" ", "_")


def _deviation(values: Sequence[float]) -> float:
    return stdev(values) if len(values) > 1 else 0.0
