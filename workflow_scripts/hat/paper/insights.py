"""What HAT's architectures for each device have in common: attended layers, FFN dims, depth (HAT, section 4.3)."""

import json
from pathlib import Path

import pandas as pd

from hat.architecture import SubTransformer
from hat.errors import InputError
from hat.paper.gathered import Frames
from hat.paper.style import panel_grid, save_figure

QUANTITIES = {
    "Encoder layers that a decoder layer attends to": lambda sub: sub.decoder_attended_layers,
    "FFN dims of decoder layers": lambda sub: sub.decoder_ffn_dims,
    "Decoder layers of a model": lambda sub: (sub.decoder_layers,),
}
SHADES = ("#08306b", "#2171b5", "#6baed6", "#c6dbef", "#fdd0a2", "#e6550d")
WIDTH, LEAST_HEIGHT, BAR = 4.0, 3.2, 0.3
"""Inches of a panel, and of a bar in it."""


def draw(frames: Frames, stem: Path) -> None:
    """Draw `stem`.pdf and .png: a bar for each task and device, and one for all; the counts stand in `stem`.csv.

    Models that a search found count, ours and the paper's; baselines do not. InputError when there is none.
    """
    models = frames["models"]
    found = models[(models["family"] == "hat") | models["published_latency_ms"].notna()]
    if found.empty:
        raise InputError("insights", "no model that a search found", "budgets, or models of the paper's Table 8")
    every = {quantity: count(found, quantity) for quantity in QUANTITIES}
    height = max(LEAST_HEIGHT, BAR * max(counts.shape[1] for counts in every.values()) + 1)
    counted = []
    with panel_grid(len(QUANTITIES), inches=(WIDTH, height)) as (figure, all_axes):
        for axes, (quantity, counts) in zip(all_axes, every.items(), strict=True):
            shares = counts.div(counts.sum())
            starts = shares.cumsum() - shares
            for number, value in enumerate(counts.index):
                colour = SHADES[number % len(SHADES)]
                bars = [name.replace(" ", "\n") for name in counts]
                axes.barh(bars, shares.loc[value], left=starts.loc[value], color=colour, label=str(value))
            axes.set_title(quantity)
            axes.set(xlim=(0, 1), xlabel="Share")
            axes.invert_yaxis()
            axes.grid(visible=False)
            axes.tick_params(axis="y", length=0, labelsize=6.5, labelleft=axes is all_axes[0])
            axes.legend(loc="lower center", bbox_to_anchor=(0.5, -1 / height), ncols=len(counts), handlelength=1)
            long = pd.DataFrame({"count": counts.stack(), "share": shares.stack()}).rename_axis(["value", "group"])
            counted.append(long.reset_index().assign(quantity=quantity))
        save_figure(figure, stem, pd.concat(counted)[["quantity", "value", "group", "count", "share"]])


def count(models: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """How often each value (rows, ascending) occurs in the models of each task and device, and in all (columns)."""
    subs = models["architecture"].map(lambda key: SubTransformer.from_dict(json.loads(key)))
    values = models.assign(group=models["task"] + " " + models["device"], value=subs.map(QUANTITIES[quantity]))
    each = values.explode("value")
    counts = pd.crosstab(each["value"], each["group"])[list(values["group"].unique())]
    return counts.assign(all=counts.sum(axis="columns"))
