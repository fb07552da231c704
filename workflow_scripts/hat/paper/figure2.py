"""Figure 2: how latency depends on single dimensions of a Transformer, and how little FLOPs tell of it."""

from itertools import cycle
from pathlib import Path

import pandas as pd

from hat.paper.comparing import ordered
from hat.paper.gathered import PLACE, Frames
from hat.paper.style import LOOKS, legend_above, panel_grid, round_ticks, save_figure
from hat.paper.tables import DOUBTFUL, is_set

DIMENSIONS = ("embed dim", "FFN dim", "decoder layers", "heads", "attended encoder layers", "FLOPs")


def draw(frames: Frames, stem: Path) -> None:
    """Draw `stem`.pdf and .png, a panel for each dimension and one for the FLOPs of sampled SubTransformers.

    Latencies are relative to that of the largest architecture, which has all decoder layers; `stem`.csv has both.
    """
    profiles = frames["profiles"]
    sampled = frames["samples"].assign(dimension="FLOPs", value=frames["samples"]["flops"].astype(float))
    deepest = profiles[profiles["dimension"] == "decoder layers"].sort_values("value").groupby(PLACE).tail(1)
    whole = deepest.rename(columns={"latency_ms": "whole_ms"})[[*PLACE, "whole_ms"]]
    points = ordered(pd.concat([profiles, sampled]).merge(whole, on=PLACE), [])
    points = points.assign(relative=points["latency_ms"] / points["whole_ms"])
    with panel_grid(len(DIMENSIONS)) as (figure, all_axes):
        panels = dict(zip(DIMENSIONS, all_axes, strict=True))
        for look, (_, rows) in zip(cycle(LOOKS.values()), points.groupby(PLACE, sort=False), strict=False):
            first = rows.iloc[0]
            name = f"{first['task']}, {first['device']} (1 = {first['whole_ms']:.1f} ms)"
            for dimension, line in rows.groupby("dimension", sort=False):
                axes, relative = panels[dimension], line["relative"]
                values = line["value"] / (1e6 if dimension == "FLOPs" else 1)
                if dimension == "FLOPs":
                    axes.plot(values, relative, ".", color=look["color"], markersize=3, alpha=0.6)
                else:
                    axes.plot(values, relative, **look | {"linestyle": "-"}, label=name)
                    axes.set(xlabel=dimension, xticks=values)
                doubted = line["doubtful"].map(is_set)
                for place in zip(values[doubted], relative[doubted], strict=True):
                    axes.annotate(DOUBTFUL, place, (0, 4), textcoords="offset points", color=look["color"], ha="center")
        panels["FLOPs"].set_xlabel("FLOPs (M) of sampled SubTransformers")
        round_ticks(panels["FLOPs"])
        for axes in all_axes:
            axes.set_ylim(0, 1.1 * points["relative"].max())
        for axes in all_axes[::3]:
            axes.set_ylabel("Latency, of the largest")
        legend_above(figure, min(2, len(whole)))
        drawn = points[[*PLACE, "dimension", "value", "latency_ms", "relative", "doubtful"]]
        save_figure(figure, stem, drawn.round({"latency_ms": 6, "relative": 6}))
