"""Figure 10: what it costs to come by a model, in pounds of CO2e."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hat.paper.comparison import by_place, named
from hat.paper.models import ModelRow
from hat.paper.published.table2 import STRUBELL_NAS_LB
from hat.paper.published.table2 import table2 as published
from hat.paper.style import MARKS, panel_grid, save_figure
from hat.paper.table2 import compared, costs

TASK = "WMT'14 En-De"


def draw_figure10(rows: Sequence[ModelRow], stem: Path) -> None:
    """Draw `stem`.pdf and .png: bars as long as the logarithm of their CO2e; and write `stem`.csv."""
    ours = {
        (row.task, row.model): {
            "series": "here",
            "task": row.task,
            "model": f"{named(row)} on {row.hardware}" if row.family == "hat" else named(row),
            "co2_lb": costs(row.gpu_hours)["co2_lb"],
        }
        for group in by_place(rows)
        for row in compared(group)
        if row.gpu_hours
    }
    printed: list[dict[str, Any]] = [
        {"series": "the paper", "task": TASK, "model": f"{row.model}, {row.latency_s:g} s", "co2_lb": row.co2_lb}
        for row in published()
        if row.task == TASK and row.model != "Evolved Transformer"
    ]
    search = {
        "series": "the paper",
        "task": TASK,
        "model": "Evolved Transformer, its search",
        "co2_lb": STRUBELL_NAS_LB,
    }
    bars = [search, *printed, *ours.values()]
    colours = {"the paper": MARKS["depth"].colour, "here": MARKS["hat"].colour}
    with panel_grid(1, inches=(6.0, 0.6 + 0.28 * len(bars))) as (figure, (axes,)):
        for number, bar in enumerate(bars):
            axes.barh(number, bar["co2_lb"], color=colours[bar["series"]], height=0.6)
            shown = f"{bar['co2_lb']:,.0f}" if bar["co2_lb"] >= 10 else f"{bar['co2_lb']:.2g}"
            axes.annotate(f" {shown}", (bar["co2_lb"], number), va="center", fontsize=6.5)
        axes.set_xscale("log")
        axes.set_yticks(range(len(bars)), [f"{bar['model']} ({bar['task']}, {bar['series']})" for bar in bars])
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("CO2e (lb), SuperTransformer included")
        axes.margins(x=0.2)
        save_figure(figure, stem, bars)
