"""The trade-off between translation quality and measured latency: what Figures 7 and 8 share."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes

from hat.errors import InputError
from hat.paper.comparing import arranged, budget_marks, sizes
from hat.paper.gathered import PLACE
from hat.paper.style import (
    COLOURS,
    LOOKS,
    Label,
    label_points,
    latency_unit,
    legend_above,
    panel_each,
    plot_scores,
    round_ticks,
    save_figure,
)

SERIES = {"hat": "HAT", "depth": "Depth scaling", "width": "Width scaling", "given": "Given architecture"}
COUNTED = {"hat": "{}", "depth": "{} layers", "width": "width {}", "given": "{}"}
"""The label of the first model of a family says what is counted."""
DRAWN = ["series", "model", "size", "latency_ms", "bleu", "bleu_half_width", "bleu_kind"]


def draw_tradeoff(models: pd.DataFrame, stem: Path) -> None:
    """Draw `stem`.pdf and .png, a panel for each task and device; and write `stem`.csv (SacreBLEU beside).

    Models without a measured latency or a BLEU are left out. InputError when none is left.
    """
    known = arranged(models.dropna(subset=["latency_ms", "bleu"]), [*SERIES])
    if known.empty:
        raise InputError("trade-off", "no model has a measured latency and a BLEU", "trained models, a device at hand")
    known = known.assign(series=known["family"].map(SERIES), size=sizes(known))
    with panel_each(known, PLACE) as (figure, panels):
        labels = {axes: _draw(axes, rows) for axes, rows in panels}
        legend_above(figure)
        label_points(figure, labels)
        save_figure(figure, stem, known[[*PLACE, *DRAWN, "sacrebleu", "sacrebleu_half_width"]])


def _draw(axes: Axes, rows: pd.DataFrame) -> list[Label]:
    """Draw a panel; returns its labels."""
    unit, scale = latency_unit(rows["latency_ms"].max())
    labels = []
    for family, members in rows.groupby("family", sort=False):
        x, y, colour = members["latency_ms"] * scale, members["bleu"], COLOURS[family]
        plot_scores(axes, x, y, members["bleu_half_width"], LOOKS[family] | {"label": SERIES[family]})
        first, *others = members["size"]
        counted = [COUNTED[family].format(first).replace("1 layers", "1 layer"), *others]
        words = [size + mark for size, mark in zip(counted, budget_marks(members), strict=True)]
        labels += [(*point, colour) for point in zip(x, y, words, strict=True)]
    axes.set_xlabel(f"Measured latency ({unit})")
    axes.set_ylabel(f"BLEU ({', '.join(sorted(set(rows['bleu_kind'])))})")
    axes.margins(x=0.12, y=0.12)
    round_ticks(axes)
    return labels
