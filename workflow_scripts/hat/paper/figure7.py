"""Figures 7 and 8: the trade-off between translation quality and measured latency, a panel for each task and device."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from hat.errors import InputError
from hat.paper.models import FAMILIES, ModelRow, latency_unit, panels
from hat.paper.style import MARKS, Label, label_points, panel_grid, round_ticks, save_figure


def draw_figure7(rows: Sequence[ModelRow], stem: Path) -> None:
    """Draw `stem`.pdf and .png, and write what is drawn to `stem`.csv (SacreBLEU beside).

    InputError when no model has both, a measured latency and a BLEU.
    """
    groups = panels([row for row in rows if row.latency_ms is not None and row.bleu is not None])
    if not groups:
        raise InputError("figure 7", "no model has a measured latency and a BLEU", "trained models, a device at hand")
    with panel_grid(len(groups)) as (figure, all_axes):
        for axes, (task, hardware, group) in zip(all_axes, groups, strict=True):
            axes.set_title(f"{task}\n{hardware}")
            _draw_families(axes, group)
        lines = {str(line.get_label()): line for axes in all_axes for line in axes.get_lines()}
        shown = [name for name in FAMILIES.values() if name in lines]
        figure.legend([lines[name] for name in shown], shown, loc="outside upper center", ncols=len(shown))
        label_points(figure, {axes: _labels(group) for axes, (*_, group) in zip(all_axes, groups, strict=True)})
        save_figure(figure, stem, [_record(row) for *_, group in groups for row in group])


def draw_figure8(rows: Sequence[ModelRow], stem: Path) -> None:
    """Figure 7 for the tasks with one device."""
    draw_figure7(on_one_device(rows), stem)


def on_one_device(rows: Sequence[ModelRow]) -> list[ModelRow]:
    """The rows of tasks that were measured on one device; where all were on more, those of the first device of each."""
    devices: dict[str, dict[str, None]] = {}
    measured = [row for row in rows if row.latency_ms is not None]
    for row in measured:
        devices.setdefault(row.task, {})[row.hardware] = None
    single = [task for task, hardware in devices.items() if len(hardware) == 1] or list(devices)
    return [row for row in measured if row.task in single and row.hardware == next(iter(devices[row.task]))]


def _draw_families(axes: Axes, group: Sequence[ModelRow]) -> None:
    unit, scale = latency_unit(max(row.known_ms for row in group))
    for family, name in FAMILIES.items():
        members = [row for row in group if row.family == family]
        if members:
            mark = MARKS[family]
            x = [row.known_ms * scale for row in members]
            y, errors = np.array([(row.bleu, row.bleu_half_width) for row in members], dtype=float).T
            axes.errorbar(x, y, errors, fmt="none", ecolor=mark.colour, elinewidth=0.7, alpha=0.35, zorder=2)
            axes.plot(x, y, color=mark.colour, marker=mark.marker, linestyle=mark.line, label=name, zorder=3)
    kind = {row.bleu_kind for row in group}
    axes.set_xlabel(f"Measured latency ({unit})")
    axes.set_ylabel(f"BLEU ({', '.join(sorted(kind))})")
    axes.margins(x=0.12, y=0.12)
    round_ticks(axes)


def _labels(group: Sequence[ModelRow]) -> list[Label]:
    """The labels of a panel: the first of each family says what is counted."""
    _, scale = latency_unit(max(row.known_ms for row in group))
    first = {row.family: row.model for row in reversed(group)}
    words = {"hat": "{}", "depth": "{} layers", "width": "width {}", "given": "{}"}

    def text(row: ModelRow) -> str:
        label = words[row.family].format(row.size) if row.model == first[row.family] else row.size
        return "1 layer" if label == "1 layers" else label

    return [(row.known_ms * scale, row.bleu or 0.0, text(row), MARKS[row.family].colour) for row in group]


def _record(row: ModelRow) -> dict[str, object]:
    return {
        "task": row.task,
        "hardware": row.hardware,
        "series": FAMILIES[row.family],
        "model": row.model,
        "size": row.size,
        "latency_ms": row.latency_ms,
        "bleu": row.bleu,
        "bleu_half_width": row.bleu_half_width,
        "bleu_kind": row.bleu_kind,
        "sacrebleu": row.sacrebleu,
        "sacrebleu_half_width": row.sacrebleu_half_width,
    }
