"""Figure 12: architectures side by side, as those that were searched for different devices.

Layers are drawn as boxes, the first at the bottom, as wide as their dims; lines join each decoder layer with the
encoder layers that it attends to.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from pandas import DataFrame

from hat.paper.comparing import PLACE
from hat.paper.gathered import Frames
from hat.paper.style import GREY, INK, MARKS, latency_unit, panel_grid, save_figure

PANEL_INCHES = (4.0, 3.4)
SIDES = {"encoder": 0.0, "decoder": 1.35}
"""Where the middle of each stack stands; the widest box is one unit wide."""
BOX, GAP, LAYER = 0.27, 0.05, 1.05
ATTENTION_WIDTH = 0.5
"""Queries, keys and values are equally wide everywhere: so are their boxes."""
SELF, CROSS, FFN = "self-attention", "encoder-decoder attention", "FFN"
COLOURS = {SELF: MARKS["depth"].colour, CROSS: MARKS["width"].colour, FFN: MARKS["hat"].colour}
BOXES = {"encoder": (SELF, FFN), "decoder": (SELF, CROSS, FFN)}
"""Of a layer, from below."""


def draw(frames: Frames, stem: Path) -> None:
    """Draw `stem`.pdf and .png, the panels of two models side by side, and write their layers to `stem`.csv."""
    models = frames["models"]
    layers = [layers_of(row) for _, row in models.iterrows()]
    everything = pd.concat(layers)
    with panel_grid(len(models), inches=PANEL_INCHES, most_columns=2) as (figure, all_axes):
        for axes, (_, row), own in zip(all_axes, models.iterrows(), layers, strict=True):
            axes.set_title(f"{row['task']}, {row['device']}\n{_facts(row)}")
            axes.set(xlim=(-0.55, SIDES["decoder"] + 0.55), ylim=(-0.35, everything["layer"].max() * LAYER))
            axes.set_axis_off()
            _draw(axes, own, everything["ffn_dim"].max())
        handles = [Rectangle((0, 0), 1, 1, color=colour) for colour in COLOURS.values()]
        figure.legend(handles, [*COLOURS], loc="outside lower center", ncols=len(COLOURS), handlelength=1)
        save_figure(figure, stem, everything)


def layers_of(row: Any) -> DataFrame:
    """A row for each layer of a model, the encoder's first."""
    architecture, sides = json.loads(row["architecture"]), []
    for side in SIDES:
        names = {
            "ffn_dim": f"{side}_ffn_dims",
            "self_heads": f"{side}_self_heads",
            "cross_heads": f"{side}_cross_heads",
            "attended_layers": f"{side}_attended_layers",
        }
        layers = DataFrame({column: architecture.get(name) for column, name in names.items()}, dtype="Int64")
        layers.insert(0, "embed_dim", architecture[f"{side}_embed_dim"])
        layers.insert(0, "layer", range(1, len(layers) + 1))
        layers.insert(0, "side", side)
        sides.append(layers)
    found = pd.concat(sides, ignore_index=True)
    for column in ("model", *reversed(PLACE)):
        found.insert(0, column, row[column])
    return found


def _facts(row: Any) -> str:
    """Size, latency (predicted where none was measured) and BLEU, as far as they are known."""
    told = [f"{row['model']}: {row['parameters'] / 1e6:.1f}M"]
    for column, how in (("latency_ms", ""), ("predicted_ms", " predicted")):
        if pd.notna(row[column]):
            unit, scale = latency_unit(row[column])
            told.append(f"{row[column] * scale:.{1 if unit == 's' else 0}f} {unit}{how}")
            break
    return ", ".join([*told, *([f"BLEU {row['bleu']:.1f}"] if pd.notna(row["bleu"]) else [])])


def _draw(axes: Axes, layers: DataFrame, widest: int) -> None:
    leaving: dict[int, tuple[float, float]] = {}  # where lines leave each encoder layer
    for side, x in SIDES.items():
        own = layers[layers["side"] == side]
        axes.text(x, -0.2, f"{side}, embed dim {own['embed_dim'].iloc[0]}", ha="center", va="center", fontsize=7.5)
        for _, layer in own.iterrows():
            labels = {
                SELF: f"{layer['self_heads']} heads",
                CROSS: f"{layer['cross_heads']} heads",
                FFN: layer["ffn_dim"],
            }
            y = (layer["layer"] - 1) * LAYER
            for kind in BOXES[side]:
                width = layer["ffn_dim"] / widest if kind == FFN else ATTENTION_WIDTH
                axes.add_patch(Rectangle((x - width / 2, y), width, BOX, color=COLOURS[kind], linewidth=0))
                middle = y + BOX / 2
                axes.text(x, middle, str(labels[kind]), ha="center", va="center", fontsize=6, color="white")
                if side == "encoder" and kind == FFN:
                    leaving[layer["layer"]] = (x + width / 2, middle)
                if kind == CROSS:
                    for back in range(layer["attended_layers"]):
                        ends = leaving[len(leaving) - back], (x - width / 2, middle)
                        axes.plot(*zip(*ends, strict=True), color=INK if back else GREY, linewidth=0.8, zorder=0)
                y += BOX + GAP
