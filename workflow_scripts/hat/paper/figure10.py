"""Figure 10: what it costs to come by a model, in pounds of CO2e."""

from pathlib import Path

import pandas as pd

from hat.paper.comparing import costed
from hat.paper.gathered import Frames
from hat.paper.published.facts import printed
from hat.paper.published.files import STRUBELL_NAS_LB
from hat.paper.style import LOOKS, legend_above, panel_grid, save_figure
from hat.paper.tables import significant

TASK = "WMT'14 En-De"
SHADES = {"the paper": "depth", "here": "hat"}


def draw(frames: Frames, stem: Path) -> None:
    """Draw `stem`.pdf and .png: a point for each model on a scale of powers of ten, ours last; and write `stem`.csv."""
    points = pd.concat([_printed(), _ours(frames["models"])], ignore_index=True)
    with panel_grid(1, inches=(6.0, 0.9 + 0.22 * len(points))) as (figure, (axes,)):
        for series, rows in points.groupby("series", sort=False):
            axes.plot(rows["co2_lb"], rows.index, **LOOKS[SHADES[series]] | {"label": series, "linestyle": "none"})
        for number, co2_lb in points["co2_lb"].items():
            axes.annotate(f"   {significant(co2_lb, 2)}", (co2_lb, number), va="center", fontsize=6.5)
        axes.set_xscale("log")
        axes.set_yticks(points.index, points["model"] + ", " + points["task"])
        axes.invert_yaxis()
        axes.set_xlabel("CO2e (lb), SuperTransformer included")
        axes.margins(x=0.15)
        legend_above(figure)
        save_figure(figure, stem, points)


def _printed() -> pd.DataFrame:
    """The paper's models of one task, and the search for the Evolved Transformer: its training is nothing beside it."""
    rows = printed("table2")
    rows = rows[(rows["task"] == TASK) & (rows["model"] != "Evolved Transformer")]
    names = rows["model"] + ", " + (rows["latency_ms"] / 1000).map("{:g} s".format)
    search = pd.DataFrame({"model": ["Evolved Transformer, its search"], "co2_lb": [STRUBELL_NAS_LB]})
    found = pd.concat([search, rows.assign(model=names)[["model", "co2_lb"]]])
    return pd.DataFrame({"series": "the paper", "task": TASK, "model": found["model"], "co2_lb": found["co2_lb"]})


def _ours(models: pd.DataFrame) -> pd.DataFrame:
    rows = costed(models).drop_duplicates(["task", "model"]).dropna(subset="co2_lb")
    names = rows["name"].where(rows["family"] != "hat", rows["name"] + " on " + rows["device"])
    return pd.DataFrame({"series": "here", "task": rows["task"], "model": names, "co2_lb": rows["co2_lb"]})
