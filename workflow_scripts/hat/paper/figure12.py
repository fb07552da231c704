"""Figure 12: architectures side by side, as those that were searched for different devices.

Layers are drawn as boxes, the first at the bottom, as wide as their dims; lines join each decoder layer with the
encoder layers that it attends to.
"""

import json
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from hat.paper.comparing import facts, named
from hat.paper.gathered import Frames
from hat.paper.style import COLOURS, GREY, INK, panel_grid, save_figure

PANEL_INCHES = (4.0, 3.4)
SIDES = {"encoder": 0.0, "decoder": 1.35}
"""Where the middle of each stack stands; the widest box is one unit wide."""
BOX, GAP, LAYER = 0.27, 0.05, 1.05
ATTENTION_WIDTH = 0.5
"""Queries, keys and values are equally wide everywhere: so are their boxes."""
SELF, CROSS, FFN = "self-attention", "encoder-decoder attention", "FFN"
SHADES = {SELF: COLOURS["depth"], CROSS: COLOURS["width"], FFN: COLOURS["hat"]}
LISTS = ("ffn_dims", "self_heads", "cross_heads", "attended_layers")
BOXES = {"encoder": (SELF, FFN), "decoder": (SELF, CROSS, FFN)}
"""Of a layer, from below."""


def draw(frames: Frames, stem: Path) -> None:
    """Draw `stem`.pdf and .png, the panels of two models side by side, and write their layers to `stem`.csv."""
    models = named(frames["models"])
    layers = [layers_of(row) for _, row in models.iterrows()]
    everything = pd.concat(layers)
    with panel_grid(len(models), inches=PANEL_INCHES, most_columns=2) as (figure, all_axes):
        for axes, (_, row), own in zip(all_axes, models.iterrows(), layers, strict=True):
            axes.set_title(f"{row['task']}, {row['device']}\n{row['name']}: {facts(row)}")
            axes.set(xlim=(-0.55, SIDES["decoder"] + 0.55), ylim=(-0.35, everything["layer"].max() * LAYER))
            axes.set_axis_off()
            _draw(axes, own, everything["ffn_dim"].max())
        handles = [Rectangle((0, 0), 1, 1, color=colour) for colour in SHADES.values()]
        figure.legend(handles, [*SHADES], loc="outside lower center", ncols=len(SHADES), handlelength=1)
        save_figure(figure, stem, everything)


def layers_of(model: Any) -> pd.DataFrame:
    """A row for each layer of a model, the encoder's first."""
    architecture, sides = json.loads(model["architecture"]), []
    for side in SIDES:
        layers = pd.DataFrame({name: architecture.get(f"{side}_{name}") for name in LISTS}, dtype="Int64")
        sides.append(layers.assign(side=side, layer=layers.index + 1, embed_dim=architecture[f"{side}_embed_dim"]))
    names = ["task", "device", "model"]
    found = pd.concat(sides, ignore_index=True).assign(**model[names])
    return found[[*names, "side", "layer", "embed_dim", *LISTS]].rename(columns={"ffn_dims": "ffn_dim"})


def _draw(axes: Axes, layers: pd.DataFrame, widest: int) -> None:
    leaving: dict[int, tuple[float, float]] = {}  # where lines leave each encoder layer
    for side, x in SIDES.items():
        own = layers[layers["side"] == side]
        axes.text(x, -0.2, f"{side}, embed dim {own['embed_dim'].iloc[0]}", ha="center", va="center", fontsize=7.5)
        for _, layer in own.iterrows():
            heads = {SELF: layer["self_heads"], CROSS: layer["cross_heads"]}
            y = (layer["layer"] - 1) * LAYER
            for kind in BOXES[side]:
                width = layer["ffn_dim"] / widest if kind == FFN else ATTENTION_WIDTH
                axes.add_patch(Rectangle((x - width / 2, y), width, BOX, color=SHADES[kind], linewidth=0))
                middle = y + BOX / 2
                label = f"{heads[kind]} heads" if kind in heads else str(layer["ffn_dim"])
                axes.text(x, middle, label, ha="center", va="center", fontsize=6, color="white")
                if side == "encoder" and kind == FFN:
                    leaving[layer["layer"]] = (x + width / 2, middle)
                if kind == CROSS:
                    for back in range(layer["attended_layers"]):
                        begin_x, begin_y = leaving[len(leaving) - back]
                        xs = begin_x, SIDES["encoder"] + 0.5, x - 0.5, x - width / 2  # past the widest boxes
                        axes.plot(
                            xs, (begin_y, begin_y, middle, middle), color=INK if back else GREY, linewidth=0.8, zorder=0
                        )
                y += BOX + GAP
