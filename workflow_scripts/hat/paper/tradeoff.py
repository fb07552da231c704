"""The trade-off between translation quality and measured latency: what Figures 7 and 8 share."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.markers import CARETDOWN

from hat.errors import InputError
from hat.paper.comparing import all_marks, arranged, sizes
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
LEAST_WIDTH = 0.2
"""Of a panel, as a share of its latencies: equal ones are not drawn apart."""
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
    bottom, top = _heights(rows)
    labels = []
    for family, members in rows.groupby("family", sort=False):
        x, y, colour = members["latency_ms"] * scale, members["bleu"], COLOURS[family]
        plot_scores(axes, x, y, members["bleu_half_width"], LOOKS[family] | {"label": SERIES[family]})
        first, *others = members["size"]
        counted = [COUNTED[family].format(first).replace("1 layers", "1 layer"), *others]
        words = [size + mark for size, mark in zip(counted, all_marks(members), strict=True)]
        below = y < bottom
        axes.plot(x[below], y[below].clip(lower=bottom), color=colour, marker=CARETDOWN, linestyle="none")
        told = [f"{word}: {bleu:.1f}" if low else word for word, bleu, low in zip(words, y, below, strict=True)]
        labels += [(*point, colour) for point in zip(x, y.clip(lower=bottom), told, strict=True)]
    axes.set_xlabel(f"Measured latency ({unit})")
    axes.set_ylabel(f"BLEU ({', '.join(sorted(set(rows['bleu_kind'])))})")
    axes.margins(x=0.12)
    left, right = axes.get_xlim()
    middle, reach = (left + right) / 2, max(right - left, LEAST_WIDTH * (left + right) / 2) / 2
    axes.set(xlim=(middle - reach, middle + reach), ylim=(bottom, top))
    round_ticks(axes)
    return labels


def _heights(rows: pd.DataFrame) -> tuple[float, float]:
    """The least and the most BLEU that a panel shows. What is far below the HAT models would squeeze all others."""
    half_widths = rows["bleu_half_width"].fillna(0.0)
    lowest, best = rows.loc[rows["family"] == rows["family"].iloc[0], "bleu"].min(), rows["bleu"].max()
    kept = rows["bleu"] >= lowest - 2 * max(best - lowest, 3 * half_widths.max(), 1.0)
    low, high = (rows["bleu"] - half_widths)[kept].min(), (rows["bleu"] + half_widths)[kept].max()
    margin = 0.1 * max(high - low, 0.5)
    return low - margin, high + margin
