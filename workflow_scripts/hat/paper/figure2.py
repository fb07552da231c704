"""Figure 2: how latency depends on single dimensions of a Transformer, and how little FLOPs tell of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from hat.architecture import SubTransformer
from hat.cost import count_flops
from hat.files import JsonFile, read_csv
from hat.paper.style import MARKS, panel_grid, round_ticks, save_figure

DIMENSIONS = ("embed dim", "FFN dim", "decoder layers", "heads", "attended encoder layers")
SCATTER = "FLOPs"


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What was measured on one device. Latencies are relative to `whole_ms`, that of the largest architecture."""

    task: str
    hardware: str
    whole_ms: float
    lines: dict[str, list[tuple[float, float]]]
    """By dimension: value and relative latency."""
    samples: list[tuple[float, float]]
    """Of sampled SubTransformers: FLOPs and relative latency."""

    @classmethod
    def load(cls, profile: Path, samples: Path, reference: Path) -> Self:
        """From .../{task}/latency/{device}/profile.csv, and what lies beside it."""
        hardware, _, task, *_ = (folder.name for folder in profile.resolve().parents)
        rows = read_csv(profile, ["dimension", "value", "latency_ms"])
        layers = [row for row in rows if row["dimension"] == "decoder layers"]
        whole_ms = float(max(layers, key=lambda row: int(row["value"]))["latency_ms"])
        length = int(JsonFile(reference).number("signature", "sentence_length"))
        measured = read_csv(samples, ["latency_ms"])
        return cls(
            task=task,
            hardware=hardware,
            whole_ms=whole_ms,
            lines={
                name: [
                    (float(row["value"]), float(row["latency_ms"]) / whole_ms)
                    for row in rows
                    if row["dimension"] == name
                ]
                for name in DIMENSIONS
            },
            samples=[
                (count_flops(SubTransformer.from_row(row, samples), length), float(row["latency_ms"]) / whole_ms)
                for row in measured
            ],
        )


def draw_figure2(found: Sequence[Profile], stem: Path) -> None:
    """Draw `stem`.pdf and .png, a panel for each dimension and one for FLOPs; and write `stem`.csv."""
    drawn: list[dict[str, Any]] = []
    marks = list(MARKS.values())
    with panel_grid(len(DIMENSIONS) + 1) as (figure, all_axes):
        *panels, scatter = all_axes
        for number, each in enumerate(found):
            mark = marks[number % len(marks)]
            name = f"{each.task}, {each.hardware} (1 = {each.whole_ms:.1f} ms)"
            for axes, (dimension, points) in zip(panels, each.lines.items(), strict=True):
                axes.plot(*zip(*points, strict=True), color=mark.colour, marker=mark.marker, label=name)
                axes.set_xlabel(dimension)
                axes.set_xticks([value for value, _ in points])
                drawn += [_record(each, dimension, *point) for point in points]
            flops, latencies = zip(*each.samples, strict=True)
            scatter.plot([value / 1e6 for value in flops], latencies, ".", color=mark.colour, markersize=3, alpha=0.6)
            drawn += [_record(each, SCATTER, *point) for point in each.samples]
        for axes in all_axes:
            axes.set_ylim(0, 1.1 * max(row["relative"] for row in drawn))
        for axes in all_axes[::3]:
            axes.set_ylabel("Latency, of the largest")
        scatter.set_xlabel("FLOPs (M) of sampled SubTransformers")
        round_ticks(scatter)
        handles, names = panels[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside upper center", ncols=min(2, len(names)))
        save_figure(figure, stem, drawn)


def _record(each: Profile, dimension: str, value: float, relative: float) -> dict[str, Any]:
    return {
        "task": each.task,
        "hardware": each.hardware,
        "dimension": dimension,
        "value": value,
        "latency_ms": round(relative * each.whole_ms, 6),
        "relative": round(relative, 6),
    }
