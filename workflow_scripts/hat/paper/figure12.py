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

PANEL_INCHES = (4.6, 4.2)
SIDES = {"encoder": 0.0, "decoder": 1.25}
"""Where the middle of each stack stands; the widest box is one unit wide."""
BOX, GAP = 0.26, 0.08
COLOURS = {"FFN": MARKS["hat"].colour, "self-attention": MARKS["depth"].colour, "attention": MARKS["width"].colour}


def draw_figure12(rows: Sequence[ModelRow], stem: Path) -> None:
    """Draw `stem`.pdf and .png, a panel for each row, and write its layers to `stem`.csv."""
    widest = max(max(row.sub.encoder_ffn_dims + row.sub.decoder_ffn_dims) for row in rows)
    deepest = max(max(row.encoder_layers, row.decoder_layers) for row in rows)
    with panel_grid(len(rows), inches=PANEL_INCHES) as (figure, all_axes):
        for axes, row in zip(all_axes, rows, strict=True):
            axes.set_title(f"{row.task}, {row.hardware}\n{_facts(row)}")
            axes.set(xlim=(-0.65, 1.9), ylim=(-0.3, deepest * 1.1 + 0.1))
            axes.set_axis_off()
            _draw(axes, row.sub, widest)
        save_figure(figure, stem, [record for row in rows for record in _records(row)])


def _facts(row: ModelRow) -> str:
    latency = row.known_ms
    shown = f"{latency / 1000:.1f} s" if latency >= 1000 else f"{latency:.0f} ms"
    told = "" if latency == float("inf") else f", {shown}{'' if row.latency_ms is not None else ' predicted'}"
    bleu = f", BLEU {row.bleu:.1f}" if row.bleu is not None else ""
    return f"{row.model}: {row.parameters / 1e6:.1f}M{told}{bleu}"


def _draw(axes: Axes, sub: SubTransformer, widest: int) -> None:
    tops = {}
    for side, x in SIDES.items():
        width = sub.encoder_embed_dim if side == "encoder" else sub.decoder_embed_dim
        axes.text(x, -0.22, f"{side}, width {width}", ha="center", va="center", fontsize=7.5)
        for layer, parts in enumerate(_parts(sub, side)):
            y = layer * 1.1
            for colour, dim, text in parts:
                share = dim / widest
                axes.add_patch(
                    Rectangle((x - share / 2, y), share, BOX, color=COLOURS[colour], alpha=0.85, linewidth=0)
                )
                axes.text(x, y + BOX / 2, text, ha="center", va="center", fontsize=5.5, color="white")
                y += BOX + GAP
            tops[side, layer] = y - GAP
    for layer, attended in enumerate(sub.decoder_attended_layers):
        for back in range(attended):
            from_y, to_y = tops["encoder", sub.encoder_layers - 1 - back], layer * 1.1 + 1.5 * BOX + GAP
            left, right = SIDES["encoder"] + 0.52, SIDES["decoder"] - sub.decoder_embed_dim / widest / 2 - 0.02
            axes.plot((left, right), (from_y - 0.5 * BOX, to_y), color=INK if back else GREY, linewidth=0.7, zorder=0)


def _parts(sub: SubTransformer, side: str) -> Iterator[list[tuple[str, int, str]]]:
    """The boxes of each layer from below: kind, dim and label."""
    if side == "encoder":
        for ffn, heads in zip(sub.encoder_ffn_dims, sub.encoder_self_heads, strict=True):
            yield [("self-attention", sub.qkv_dim, f"{heads} heads"), ("FFN", ffn, f"FFN {ffn}")]
    else:
        for ffn, heads, cross in zip(
            sub.decoder_ffn_dims, sub.decoder_self_heads, sub.decoder_cross_heads, strict=True
        ):
            yield [
                ("self-attention", sub.qkv_dim, f"{heads} heads"),
                ("attention", sub.qkv_dim, f"{cross} heads"),
                ("FFN", ffn, f"FFN {ffn}"),
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
