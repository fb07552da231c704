"""Searches on a stand-in for the validation loss: the largest models found within latency constraints.

They exercise the latency side of a search and say nothing about translation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hat.architecture import SubTransformer
from hat.cost import count_parameters
from hat.files import JsonFile, read_csv
from hat.paper.models import ModelRow, latency_unit
from hat.paper.style import MARKS, panel_grid, round_ticks, save_figure


@dataclass(frozen=True, kw_only=True)
class Largest:
    """What one search found: its best candidate."""

    task: str
    hardware: str
    budget: str
    budget_ms: float
    predicted_ms: float
    parameters: int

    @classmethod
    def load(cls, candidates: Path, budgets: Path) -> Self:
        """From .../{task}/stand_in/{device}/{budget}/candidates.csv and the budget's file."""
        budget, hardware, _, task, *_ = (folder.name for folder in candidates.resolve().parents)
        first = read_csv(candidates, ["predicted_ms"])[0]
        return cls(
            task=task,
            hardware=hardware,
            budget=budget,
            budget_ms=JsonFile(budgets).number("budgets", budget, "latency_ms"),
            predicted_ms=float(first["predicted_ms"]),
            parameters=count_parameters(SubTransformer.from_row(first, candidates)),
        )


def draw_stand_in(found: Sequence[Largest], rows: Sequence[ModelRow], stem: Path) -> None:
    """Draw `stem`.pdf and .png: size against predicted latency, beside models of `rows`; and write `stem`.csv."""
    places = list(dict.fromkeys((each.task, each.hardware) for each in found))
    drawn: list[dict[str, object]] = []
    with panel_grid(len(places)) as (figure, all_axes):
        for axes, place in zip(all_axes, places, strict=True):
            searched = sorted((e for e in found if (e.task, e.hardware) == place), key=lambda e: e.budget_ms)
            others = [row for row in rows if (row.task, row.hardware) == place and row.published_latency_ms]
            unit, scale = latency_unit(max(each.budget_ms for each in searched))
            for each in searched:
                axes.axvline(each.budget_ms * scale, color=MARKS["hat"].colour, alpha=0.25, linewidth=0.8)
            for name, mark, points in (
                (
                    "largest model within each constraint",
                    MARKS["hat"],
                    [(e.predicted_ms, e.parameters) for e in searched],
                ),
                ("the paper's models", MARKS["given"], [(row.known_ms, row.parameters) for row in others]),
            ):
                x, y = [ms * scale for ms, _ in points], [size / 1e6 for _, size in points]
                axes.plot(x, y, color=mark.colour, marker=mark.marker, linestyle=mark.line, label=name)
            axes.set_title("\n".join(place))
            axes.set(xlabel=f"Predicted latency ({unit})", ylabel="#Params (M)")
            round_ticks(axes)
            drawn += [
                {"series": "stand_in", **vars(each), "model": f"stand-in, budget {each.budget}"} for each in searched
            ]
            drawn += [
                {
                    "series": "published",
                    "task": row.task,
                    "hardware": row.hardware,
                    "budget": None,
                    "budget_ms": None,
                    "predicted_ms": row.known_ms,
                    "parameters": row.parameters,
                    "model": row.model,
                }
                for row in others
            ]
        handles, labels = all_axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=2)
        save_figure(figure, stem, drawn)
