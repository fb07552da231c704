"""The front of latency and loss that one search found, beside searches that had one latency budget each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from hat.files import JsonFile, read_csv
from hat.paper.comparison import Comparison
from hat.paper.models import latency_unit
from hat.paper.style import GREY, MARKS, panel_grid, round_ticks, save_figure

Point = tuple[float, float]
"""Predicted latency in ms, and validation loss with inherited weights."""


@dataclass(frozen=True, kw_only=True)
class Front:
    """What was found for one device."""

    task: str
    hardware: str
    scored: list[Point]
    """Every evaluation of the Pareto search."""
    front: list[Point]
    """By rising latency, and falling loss."""
    searched: dict[str, tuple[float, Point, int]]
    """By budget: its latency in ms, what the search for it found, and how many it scored."""

    @classmethod
    def load(cls, history: Path, front: Path, candidates: Sequence[Path], budgets: Sequence[Path]) -> Self:
        """From .../{task}/pareto/{device}, and the candidates and the budget file of each search for that device."""
        hardware, _, task, *_ = (folder.name for folder in front.resolve().parents)
        searched = {}
        for path, budget in zip(candidates, budgets, strict=True):
            found = _points(path)
            latency_ms = JsonFile(budget).number("budgets", budget.stem, "latency_ms")
            searched[budget.stem] = latency_ms, min(found, key=lambda point: (point[1], point[0])), len(found)
        return cls(
            task=task, hardware=hardware, scored=_points(history), front=sorted(_points(front)), searched=searched
        )

    def within(self, budget_ms: float) -> Point | None:
        """The best of the front that keeps a budget; None when none does."""
        return max((point for point in self.front if point[0] <= budget_ms), default=None)


def draw_pareto(found: Sequence[Front], stem: Path) -> None:
    """Draw `stem`.pdf and .png: the front as steps, the searches as points; and write `stem`.csv."""
    drawn: list[dict[str, Any]] = []
    with panel_grid(len(found)) as (figure, all_axes):
        for axes, each in zip(all_axes, found, strict=True):
            unit, scale = latency_unit(max(ms for ms, _ in each.front))
            series: dict[str, tuple[list[Point], dict[str, Any]]] = {
                "scored": (each.scored, {"color": GREY, "marker": ".", "linestyle": "none", "alpha": 0.25}),
                "front": (each.front, {"color": MARKS["hat"].colour, "drawstyle": "steps-post"}),
                "one search per budget": (
                    [point for _, point, _ in each.searched.values()],
                    {"color": MARKS["depth"].colour, "marker": MARKS["depth"].marker, "linestyle": "none"},
                ),
            }
            for name, (points, look) in series.items():
                axes.plot([ms * scale for ms, _ in points], [loss for _, loss in points], label=name, **look)
                drawn += [
                    {
                        "task": each.task,
                        "hardware": each.hardware,
                        "series": name,
                        "predicted_ms": ms,
                        "inherited_valid_loss": loss,
                    }
                    for ms, loss in points
                ]
            losses = sorted(loss for _, loss in each.scored)
            axes.set_ylim(losses[0] - 0.02, losses[int(0.9 * (len(losses) - 1))] + 0.02)
            axes.set_title(f"{each.task}\n{each.hardware}, {len(each.scored)} scored")
            axes.set_xlabel(f"Predicted latency ({unit})")
            axes.set_ylabel("Validation loss, inherited")
            round_ticks(axes)
        handles, names = all_axes[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside upper center", ncols=len(names))
        save_figure(figure, stem, drawn)


def menu(found: Sequence[Front]) -> Comparison:
    """The table: for each budget what its own search found, and what the front has to offer."""
    groups = []
    for each in found:
        rows = []
        for budget, (budget_ms, (own_ms, own_loss), scored) in sorted(
            each.searched.items(), key=lambda item: item[1][0]
        ):
            place = {"task": each.task, "hardware": each.hardware, "budget_ms": budget_ms}
            own = {"predicted_ms": own_ms, "inherited_valid_loss": own_loss, "scored": scored}
            rows.append(place | own | {"model": f"Search for {budget}"})
            theirs = each.within(budget_ms)
            if theirs is not None:
                offered = {"predicted_ms": theirs[0], "inherited_valid_loss": theirs[1], "scored": len(each.scored)}
                rows.append(place | offered | {"model": f"Front at {budget}"})
        groups.append(rows)
    return Comparison(
        name="Pareto menu",
        caption="One search per budget, and one search for all of them",
        columns=("budget_ms", "predicted_ms", "inherited_valid_loss", "scored"),
        groups=groups,
        notes=[
            "Scored: SubTransformers that the search scored. That for the front scored as many as all others planned "
            "together; its front has a model for any other budget as well (front.csv).",
            "Loss: validation loss with inherited weights; nothing was trained for this table.",
        ],
    )


def _points(path: Path) -> list[Point]:
    return [(float(row["predicted_ms"]), float(row["loss"])) for row in read_csv(path, ["predicted_ms", "loss"])]
