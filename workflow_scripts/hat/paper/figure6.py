"""Figure 6: how well the latency predictor does on SubTransformers it has not seen, predicted against measured."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes

from hat.paper.gathered import PLACE, Frames
from hat.paper.style import COLOURS, GREY, latency_unit, panel_each, round_ticks, save_figure

PANEL_INCHES = (3.3, 3.3)
PREDICTORS = {"mlp": "MLP", "ridge": "ridge regression", "transfer": "transfer"}
LATENCIES = ["measured_ms", "predicted_ms"]


def draw(frames: Frames, stem: Path) -> None:
    """Draw `stem`.pdf and .png, a panel for each device with its predictor's errors; and write `stem`.csv."""
    rows = frames["predictions"].merge(frames["predictors"].rename(columns={"chosen": "predictor"}), on=PLACE)
    with panel_each(rows, PLACE, inches=PANEL_INCHES) as (figure, panels):
        for axes, predictions in panels:
            _draw(axes, predictions)
        save_figure(figure, stem, rows[[*PLACE, "predictor", *LATENCIES]])


def _draw(axes: Axes, rows: pd.DataFrame) -> None:
    unit, scale = latency_unit(rows[LATENCIES].max(axis=None))
    shown = rows[LATENCIES] * scale
    low, high = shown.min(axis=None), shown.max(axis=None)
    margin = 0.06 * (high - low or high)
    limits = (low - margin, high + margin)
    axes.plot(limits, limits, color=GREY, linewidth=0.9, zorder=1)
    axes.scatter(
        shown["measured_ms"], shown["predicted_ms"], s=11, color=COLOURS["depth"], alpha=0.55, linewidths=0, zorder=2
    )
    first = rows.iloc[0]
    tau = f", Kendall τ {first['kendall_tau']:.2f}" if pd.notna(first["kendall_tau"]) else ""  # too few test rows
    errors = f"RMSE {first['rmse_ms'] * scale:.3g} {unit}, MAPE {first['mape']:.1%}{tau}"
    axes.set_title(f"{axes.get_title()}, {PREDICTORS.get(first['predictor'], first['predictor'])}\n{errors}")
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    axes.set(xlabel=f"Measured latency ({unit})", ylabel=f"Predicted latency ({unit})")
    round_ticks(axes)
