"""The front of latency and loss that one search found, beside searches that had one latency budget each."""

from pathlib import Path
from typing import Any

import pandas as pd

from hat.paper.fronts import found_by_searches
from hat.paper.gathered import PLACE, Frames
from hat.paper.style import COLOURS, GREY, LOOKS, latency_unit, legend_above, panel_each, round_ticks, save_figure

SERIES: dict[str, dict[str, Any]] = {
    "scored": {"color": GREY, "marker": ".", "linestyle": "none", "alpha": 0.25},
    "front": {"color": COLOURS["hat"], "drawstyle": "steps-post"},
    "one search per budget": LOOKS["depth"] | {"linestyle": "none"},
}


def draw(frames: Frames, stem: Path) -> None:
    """Draw `stem`.pdf and .png: the front as steps, the searches as points; and write `stem`.csv."""
    searched = found_by_searches(frames["candidates"], frames["budgets"], frames["fronts"])
    front = frames["fronts"].sort_values(["predicted_ms", "loss"])
    series = zip(SERIES, (frames["histories"], front, searched), strict=True)
    points = pd.concat([rows.assign(series=name) for name, rows in series])
    with panel_each(points, PLACE) as (figure, panels):
        for axes, rows in panels:
            unit, scale = latency_unit(rows.loc[rows["series"] == "front", "predicted_ms"].max())
            for name, look in SERIES.items():
                own = rows[rows["series"] == name]
                axes.plot(own["predicted_ms"] * scale, own["loss"], label=name, **look)
            losses = rows.loc[rows["series"] == "scored", "loss"]
            axes.set_ylim(losses.min() - 0.02, losses.quantile(0.9, interpolation="lower") + 0.02)
            axes.set_title(f"{axes.get_title()}, {len(losses)} scored")
            axes.set(xlabel=f"Predicted latency ({unit})", ylabel="Validation loss, inherited")
            round_ticks(axes)
        legend_above(figure)
        drawn = pd.concat([rows for _, rows in panels]).rename(columns={"loss": "inherited_valid_loss"})
        save_figure(figure, stem, drawn[[*PLACE, "series", "predicted_ms", "inherited_valid_loss"]])
