"""Figure 6: how well the latency predictor does on SubTransformers it has not seen, predicted against measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from matplotlib.axes import Axes

from hat.errors import InputError
from hat.files import JsonFile, read_csv
from hat.paper.models import latency_unit
from hat.paper.style import GREY, MARKS, panel_grid, round_ticks, save_figure

PANEL_INCHES = (3.3, 3.3)


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """The test split of one device's latency data, and the errors that its predictor's report states."""

    task: str
    device: str
    measured_ms: Sequence[float]
    predicted_ms: Sequence[float]
    predictor: str
    rmse_ms: float
    mape: float
    """Mean of |error| / measured, a share."""
    kendall_tau: float | None
    """None where the test split is too small for it."""

    @classmethod
    def load(cls, predictions: Path, report: Path) -> Self:
        """From predictions.csv and predictor.json in a folder .../{task}/latency/{device}/.

        InputError names what is missing.
        """
        rows = read_csv(predictions, ("measured_ms", "predicted_ms"))
        record = JsonFile(report)
        device, _, task, *_ = (folder.name for folder in report.resolve().parents)
        chosen = str(record["chosen"])
        errors = ("models", chosen, "test")
        try:
            measured_ms, predicted_ms = ([float(row[name]) for row in rows] for name in ("measured_ms", "predicted_ms"))
        except ValueError as error:
            raise InputError(predictions, str(error), "milliseconds") from None
        return cls(
            task=task,
            device=device,
            measured_ms=measured_ms,
            predicted_ms=predicted_ms,
            predictor=chosen,
            rmse_ms=record.number(*errors, "rmse_ms"),
            mape=record.number(*errors, "mape"),
            kendall_tau=record[*errors, "kendall_tau"],
        )


def draw_figure6(devices: Sequence[Predictions], stem: Path) -> None:
    """Draw `stem`.pdf and .png, a panel for each device, and write what is drawn to `stem`.csv."""
    with panel_grid(len(devices), inches=PANEL_INCHES) as (figure, all_axes):
        for axes, device in zip(all_axes, devices, strict=True):
            _draw_device(axes, device)
        save_figure(figure, stem, [record for device in devices for record in _records(device)])


def _draw_device(axes: Axes, device: Predictions) -> None:
    everything = [*device.measured_ms, *device.predicted_ms]
    unit, scale = latency_unit(max(everything))
    low, high = min(everything) * scale, max(everything) * scale
    margin = 0.06 * (high - low or high)
    limits = (low - margin, high + margin)
    mark = MARKS["depth"]
    axes.plot(limits, limits, color=GREY, linewidth=0.9, zorder=1)
    axes.scatter(
        [value * scale for value in device.measured_ms],
        [value * scale for value in device.predicted_ms],
        s=11,
        color=mark.colour,
        alpha=0.55,
        linewidths=0,
        zorder=2,
    )
    tau = "" if device.kendall_tau is None else f", Kendall τ {device.kendall_tau:.2f}"
    rmse = f"{device.rmse_ms * scale:.3g} {unit}"
    axes.set_title(f"{device.task}\n{device.device}\nRMSE {rmse}, MAPE {device.mape:.1%}{tau}")
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    axes.set(xlabel=f"Measured latency ({unit})", ylabel=f"Predicted latency ({unit})")
    round_ticks(axes)


def _records(device: Predictions) -> list[dict[str, Any]]:
    shared = {"task": device.task, "device": device.device, "predictor": device.predictor}
    pairs = zip(device.measured_ms, device.predicted_ms, strict=True)
    return [{**shared, "measured_ms": measured, "predicted_ms": predicted} for measured, predicted in pairs]
