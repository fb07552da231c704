"""Figure 12: architectures side by side, as those that were searched for different hardware.

Layers are drawn as boxes, the first at the bottom, as wide as their dims; lines join each decoder layer with the
encoder layers that it attends to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from hat.architecture import SubTransformer
from hat.paper.models import ModelRow
from hat.paper.style import GREY, INK, MARKS, panel_grid, save_figure

PANEL_INCHES = (4.0, 3.4)
SIDES = {"encoder": 0.0, "decoder": 1.35}
"""Where the middle of each stack stands; the widest box is one unit wide."""
BOX, GAP, LAYER = 0.27, 0.05, 1.05
ATTENTION_WIDTH = 0.5
"""Queries, keys and values are equally wide everywhere: so are their boxes."""
COLOURS = {
    "self-attention": MARKS["depth"].colour,
    "encoder-decoder attention": MARKS["width"].colour,
    "FFN": MARKS["hat"].colour,
}


def draw_figure12(rows: Sequence[ModelRow], stem: Path) -> None:
    """Draw `stem`.pdf and .png, two rows' panels side by side, and write their layers to `stem`.csv."""
    widest = max(max(row.sub.encoder_ffn_dims + row.sub.decoder_ffn_dims) for row in rows)
    deepest = max(max(row.encoder_layers, row.decoder_layers) for row in rows)
    with panel_grid(len(rows), inches=PANEL_INCHES, most_columns=2) as (figure, all_axes):
        for axes, row in zip(all_axes, rows, strict=True):
            axes.set_title(f"{row.task}, {row.hardware}\n{_facts(row)}")
            axes.set(xlim=(-0.55, SIDES["decoder"] + 0.55), ylim=(-0.35, deepest * LAYER))
            axes.set_axis_off()
            _draw(axes, row.sub, widest)
        handles = [Rectangle((0, 0), 1, 1, color=colour) for colour in COLOURS.values()]
        figure.legend(handles, [*COLOURS], loc="outside lower center", ncols=len(COLOURS), handlelength=1)
        save_figure(figure, stem, [record for row in rows for record in _records(row)])


def _facts(row: ModelRow) -> str:
    latency = row.known_ms
    shown = f"{latency / 1000:.1f} s" if latency >= 1000 else f"{latency:.0f} ms"
    told = "" if latency == float("inf") else f", {shown}{'' if row.latency_ms is not None else ' predicted'}"
    bleu = f", BLEU {row.bleu:.1f}" if row.bleu is not None else ""
    return f"{row.model}: {row.parameters / 1e6:.1f}M{told}{bleu}"


def _draw(axes: Axes, sub: SubTransformer, widest: int) -> None:
    ports: dict[tuple[str, int], tuple[float, float]] = {}  # where lines leave the encoder and meet the decoder
    for side, x in SIDES.items():
        embed_dim = sub.encoder_embed_dim if side == "encoder" else sub.decoder_embed_dim
        axes.text(x, -0.2, f"{side}, embed dim {embed_dim}", ha="center", va="center", fontsize=7.5)
        for layer, parts in enumerate(_parts(sub, side)):
            y = layer * LAYER
            for kind, text, width in parts:
                share = ATTENTION_WIDTH if width is None else width / widest
                axes.add_patch(Rectangle((x - share / 2, y), share, BOX, color=COLOURS[kind], linewidth=0))
                axes.text(x, y + BOX / 2, text, ha="center", va="center", fontsize=6, color="white")
                if side == "encoder" and kind == "FFN":
                    ports[side, layer] = (x + share / 2, y + BOX / 2)
                if kind == "encoder-decoder attention":
                    ports[side, layer] = (x - share / 2, y + BOX / 2)
                y += BOX + GAP
    for layer, attended in enumerate(sub.decoder_attended_layers):
        for back in range(attended):
            ends = ports["encoder", sub.encoder_layers - 1 - back], ports["decoder", layer]
            axes.plot(*zip(*ends, strict=True), color=INK if back else GREY, linewidth=0.8, zorder=0)


def _parts(sub: SubTransformer, side: str) -> Iterator[list[tuple[str, str, int | None]]]:
    """The boxes of each layer from below: kind, label, and the width where it differs from layer to layer."""
    if side == "encoder":
        for ffn, heads in zip(sub.encoder_ffn_dims, sub.encoder_self_heads, strict=True):
            yield [("self-attention", f"{heads} heads", None), ("FFN", str(ffn), ffn)]
    else:
        for ffn, heads, cross in zip(
            sub.decoder_ffn_dims, sub.decoder_self_heads, sub.decoder_cross_heads, strict=True
        ):
            yield [
                ("self-attention", f"{heads} heads", None),
                ("encoder-decoder attention", f"{cross} heads", None),
                ("FFN", str(ffn), ffn),
            ]


def _records(row: ModelRow) -> Iterator[dict[str, object]]:
    sub, shared = row.sub, {"task": row.task, "hardware": row.hardware, "model": row.model}
    for layer in range(sub.encoder_layers):
        yield {
            **shared,
            "side": "encoder",
            "layer": layer + 1,
            "embed_dim": sub.encoder_embed_dim,
            "ffn_dim": sub.encoder_ffn_dims[layer],
            "self_heads": sub.encoder_self_heads[layer],
            "cross_heads": None,
            "attended_layers": None,
        }
    for layer in range(sub.decoder_layers):
        yield {
            **shared,
            "side": "decoder",
            "layer": layer + 1,
            "embed_dim": sub.decoder_embed_dim,
            "ffn_dim": sub.decoder_ffn_dims[layer],
            "self_heads": sub.decoder_self_heads[layer],
            "cross_heads": sub.decoder_cross_heads[layer],
            "attended_layers": sub.decoder_attended_layers[layer],
        }
