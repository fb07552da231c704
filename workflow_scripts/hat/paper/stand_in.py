"""Searches on a stand-in for the validation loss: the largest models found within latency constraints.

They exercise the latency side of a search and say nothing about translation.
"""

from pathlib import Path

import pandas as pd

from hat.paper.comparing import ordered
from hat.paper.gathered import PLACE, Frames
from hat.paper.style import COLOURS, LOOKS, latency_unit, legend_above, panel_each, round_ticks, save_figure

SERIES = {
    "stand_in": ("largest model within each constraint", "hat"),
    "published": ("the paper's models", "given"),
}
DRAWN = ["budget", "budget_ms", "predicted_ms", "parameters", "model"]


def draw(frames: Frames, stem: Path) -> None:
    """Draw `stem`.pdf and .png: size against predicted latency, beside the paper's models; and write `stem`.csv."""
    budgets = frames["budgets"].rename(columns={"latency_ms": "budget_ms"})
    found = frames["stand_ins"].merge(budgets, on=[*PLACE, "budget"])
    found = found.assign(series="stand_in", model="stand-in, budget " + found["budget"])
    models = frames["models"].merge(found[PLACE].drop_duplicates(), on=PLACE).drop(columns=["budget", "budget_ms"])
    models = models[models["published_latency_ms"].notna()].assign(series="published")
    known_ms = models["latency_ms"].fillna(models["predicted_ms"])
    points = ordered(pd.concat([found, models.assign(predicted_ms=known_ms)]), ["budget_ms"])
    with panel_each(points, PLACE) as (figure, panels):
        for axes, rows in panels:
            unit, scale = latency_unit(rows["budget_ms"].max())
            for budget_ms in rows["budget_ms"].dropna():
                axes.axvline(budget_ms * scale, color=COLOURS["hat"], alpha=0.25, linewidth=0.8)
            for name, (label, look) in SERIES.items():
                own = rows[rows["series"] == name]
                x, y = own["predicted_ms"] * scale, own["parameters"] / 1e6
                axes.plot(x, y, **LOOKS[look], label=label)
            axes.set(xlabel=f"Predicted latency ({unit})", ylabel="#Params (M)")
            round_ticks(axes)
        legend_above(figure, 2)
        save_figure(figure, stem, points[["series", *PLACE, *DRAWN]])
