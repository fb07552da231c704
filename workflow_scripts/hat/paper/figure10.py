"""Figure 10: what it costs to come by a model, in pounds of CO2e."""

from pathlib import Path

import pandas as pd

from hat.paper.comparing import costed
from hat.paper.gathered import Frames
from hat.paper.published.facts import printed
from hat.paper.published.files import STRUBELL_NAS_LB
from hat.paper.style import COLOURS, panel_grid, save_figure

TASK = "WMT'14 En-De"
SHADES = {"the paper": COLOURS["depth"], "here": COLOURS["hat"]}


def draw(frames: Frames, stem: Path) -> None:
    """Draw `stem`.pdf and .png: bars as long as the logarithm of their CO2e, ours last; and write `stem`.csv."""
    bars = pd.concat([_printed(), _ours(frames["models"])], ignore_index=True)
    with panel_grid(1, inches=(6.0, 0.6 + 0.28 * len(bars))) as (figure, (axes,)):
        axes.barh(bars.index, bars["co2_lb"], color=bars["series"].map(SHADES), height=0.6)
        for number, co2_lb in bars["co2_lb"].items():
            shown = f"{co2_lb:,.0f}" if co2_lb >= 10 else f"{co2_lb:.2g}"
            axes.annotate(f" {shown}", (co2_lb, number), va="center", fontsize=6.5)
        axes.set_xscale("log")
        axes.set_yticks(bars.index, bars["model"] + " (" + bars["task"] + ", " + bars["series"] + ")")
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("CO2e (lb), SuperTransformer included")
        axes.margins(x=0.2)
        save_figure(figure, stem, bars)


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
