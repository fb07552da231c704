"""One look for all figures: print-ready at column width, safe for colour-blind readers, the same bytes every time."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox

from hat.files import replacing
from hat.frames import write_frame

matplotlib.use("Agg")

Pixels = np.ndarray[Any, np.dtype[np.float64]]

PANEL_INCHES = (3.3, 2.5)
MOST_COLUMNS = 3
INK, GREY = "#222222", "#8a8a8a"  # as in the style sheet
STYLE = Path(__file__).with_name("paper.mplstyle")


COLOURS = {"hat": "#D55E00", "depth": "#0072B2", "width": "#009E73", "given": "#CC79A7"}
"""From the set of Okabe and Ito, which colour-blind readers tell apart."""
LOOKS: dict[str, dict[str, Any]] = {
    "hat": {"color": COLOURS["hat"], "marker": "o", "linestyle": "-"},
    "depth": {"color": COLOURS["depth"], "marker": "s", "linestyle": "--"},
    "width": {"color": COLOURS["width"], "marker": "^", "linestyle": ":"},
    "given": {"color": COLOURS["given"], "marker": "D", "linestyle": "none"},
}
"""How a series is drawn."""


@contextmanager
def panel_grid(
    count: int, *, inches: tuple[float, float] = PANEL_INCHES, most_columns: int = MOST_COLUMNS
) -> Iterator[tuple[Figure, list[Axes]]]:
    """Yield a figure with `count` panels, at most `most_columns` side by side, while the style is in force."""
    columns = min(count, most_columns)
    rows = -(-count // columns)
    with matplotlib.rc_context(fname=STYLE):
        figure = Figure(figsize=(inches[0] * columns, inches[1] * rows), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for unused in axes[count:]:
            unused.remove()
        yield figure, list(axes[:count])


@contextmanager
def panel_each(
    frame: pd.DataFrame, by: Sequence[str], *, inches: tuple[float, float] = PANEL_INCHES
) -> Iterator[tuple[Figure, list[tuple[Axes, pd.DataFrame]]]]:
    """`panel_grid` with a panel for each group of rows that agree in the columns `by`, which are its title."""
    groups = list(frame.groupby([*by], sort=False))
    with panel_grid(len(groups), inches=inches) as (figure, all_axes):
        for axes, (key, _) in zip(all_axes, groups, strict=True):
            axes.set_title("\n".join(key))
        yield figure, [(axes, rows) for axes, (_, rows) in zip(all_axes, groups, strict=True)]


def legend_above(figure: Figure, columns: int | None = None) -> None:
    """One legend for all panels, each series in it once, in the order in which they were first drawn."""
    series = [pair for axes in figure.axes for pair in zip(*axes.get_legend_handles_labels(), strict=True)]
    handles = {name: handle for handle, name in reversed(series)}
    names = list(dict.fromkeys(name for _, name in series))
    ncols = columns or len(names)
    figure.legend([handles[name] for name in names], names, loc="outside upper center", ncols=ncols)


def plot_scores(axes: Axes, x: Any, y: Any, half_widths: Any, look: Mapping[str, Any]) -> None:
    """A series with faint vertical bars; a half width that is not known has none."""
    axes.errorbar(x, y, half_widths, fmt="none", ecolor=look["color"], elinewidth=0.7, alpha=0.35, zorder=2)
    axes.plot(x, y, **look, zorder=3)


def latency_unit(largest_ms: float) -> tuple[str, float]:
    """The unit in which latencies up to `largest_ms` are shown, and how many of it a millisecond is."""
    return ("s", 1e-3) if largest_ms >= 1000 else ("ms", 1.0)


def round_ticks(axes: Axes) -> None:
    """A handful of ticks on both axes, at multiples of 1, 2 or 5."""
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.tick_params(length=2.5)


def save_figure(figure: Figure, stem: Path, drawn: pd.DataFrame) -> None:
    """Write `stem`.pdf, `stem`.png and, with exactly what is drawn, `stem`.csv. No file says when it was made."""
    for ending, metadata in (("pdf", {"CreationDate": None}), ("png", {"Software": None})):
        with replacing(f"{stem}.{ending}") as temporary:
            figure.savefig(temporary, metadata=metadata)
    write_frame(f"{stem}.csv", drawn)


Label = tuple[float, float, str, str]
Place = tuple[float, float]


def label_points(figure: Figure, labels: Mapping[Axes, Sequence[Label]]) -> None:
    """Write small labels (x, y, text, colour) beside points, each where it covers the least of lines and other labels.

    Call it last: it fixes the layout.
    """
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes, wanted in labels.items():
        bars = [bar for each in axes.collections if isinstance(each, LineCollection) for bar in each.get_segments()]
        lines = [np.asarray(line) for line in [*(each.get_xydata() for each in axes.lines), *bars]]
        drawn = np.concatenate([_along(line, axes) for line in lines if line.size])
        points = axes.transData.transform([(x, y) for x, y, *_ in wanted])
        boxes: list[Bbox] = []
        for own, (x, y, text, colour) in zip(points, wanted, strict=True):
            note = axes.annotate(text, (x, y), (0, 0), textcoords="offset points", fontsize=6.5, color=colour, zorder=4)
            note.set_path_effects([withStroke(linewidth=1.5, foreground="white", alpha=0.8)])
            size = np.asarray(note.get_window_extent().size)

            def cost(place: Place, own: Pixels = own, size: Pixels = size) -> float:
                box = _box(own, size, place, figure.dpi)
                return _covered(box, axes.get_window_extent(), drawn, boxes) + 40 * _astray(box, own, points)  # noqa: B023

            place = min(PLACES, key=cost)
            note.set_position(place)
            note.set_horizontalalignment("left" if place[0] > 0 else "right" if place[0] < 0 else "center")
            note.set_verticalalignment("bottom" if place[1] > 0 else "top" if place[1] < 0 else "center")
            boxes.append(_box(own, size, place, figure.dpi))


def _box(own: Pixels, size: Pixels, place: Place, dpi: float) -> Bbox:
    """Where a label of this size lies that stands at `place` from the pixel `own`: it grows away from its point."""
    low = own + np.asarray(place) * dpi / 72 + size * (np.sign(place) - 1) / 2
    return Bbox([low - 0.5, low + size + 0.5])


def _covered(box: Bbox, frame: Bbox, drawn: Pixels, boxes: Sequence[Bbox]) -> float:
    """How bad it would be to write into `box`: the drawn pixels in it, and far more for other labels and the frame."""
    hidden = int(((drawn >= box.min) & (drawn <= box.max)).all(axis=1).sum())
    outside = not (frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1)
    return hidden + 100 * sum(box.overlaps(other) for other in boxes) + 500 * outside


def _astray(box: Bbox, own: Pixels, points: Pixels) -> bool:
    """Whether a reader would take the label in `box` for that of another point."""
    away = np.maximum(np.maximum(box.min - points, points - box.max), 0)
    mine = np.maximum(np.maximum(box.min - own, own - box.max), 0)
    return bool(np.hypot(*away.T).min() < np.hypot(*mine) - 0.5)


PLACES: list[Place] = [
    (x * distance, y * distance)
    for distance in (5, 8, 11)
    for x, y in ((0, 1), (0, -1), (1, 0), (-1, 0), (0.8, 0.8), (-0.8, 0.8), (0.8, -0.8), (-0.8, -0.8))
]
"""Where a label may stand, in points from its point, the best first."""


def _along(points: Any, axes: Axes) -> Pixels:
    """Pixels (n, 2) along the line through `points`, too dense for a label between; markers count more."""
    corners = axes.transData.transform(np.asarray(points, dtype=float))
    parts = [corners] * 8
    for start, end in pairwise(corners):
        parts.append(np.linspace(start, end, max(2, int(np.hypot(*(end - start)) / 2))))
    return np.concatenate(parts)
