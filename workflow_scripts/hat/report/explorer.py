"""Every scored SubTransformer as a point of latency and loss: the data of the page's explorer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hat.architecture import SubTransformer
from hat.budgets import budget_ms
from hat.errors import InputError
from hat.files import JsonFile, finite, read_csv
from hat.search.pareto import front_by

MOST_POINTS = 20_000
"""Of all panels together: a page stays small enough to send."""
COLUMNS, ROWS = 400, 300
"""Of the grid in whose cells points hide each other."""


@dataclass(frozen=True)
class Point:
    """A scored SubTransformer: predicted latency in ms, validation loss in bits."""

    ms: float
    loss: float
    sub: SubTransformer

    def to_list(self) -> list[Any]:
        """Compact, for the page: ms, loss, what stands in an architecture file."""
        return [round(self.ms, 3), round(self.loss, 4), [*self.sub.to_dict().values()]]


def read_points(histories: Iterable[Path]) -> list[Point]:
    """The points of some searches on one device, each SubTransformer once. InputError names the line that is wrong."""
    found: dict[str, Point] = {}
    for path in histories:
        for number, row in enumerate(read_csv(path, ("loss", "predicted_ms")), start=2):
            place = f"{path}: line {number}"
            sub = SubTransformer.from_row(row, place)
            try:
                found.setdefault(sub.key, Point(finite(row["predicted_ms"]), finite(row["loss"]), sub))
            except ValueError as error:
                raise InputError(place, str(error), "numbers") from None
    return list(found.values())


def front(points: Sequence[Point]) -> list[Point]:
    """Those that no other point beats in both, the fastest first."""
    return front_by(lambda point: (point.ms, point.loss), points)


def thinned(points: Sequence[Point], most: int) -> list[Point]:
    """At most about `most` points: the whole front, and of those that would hide each other the best."""
    best = front(points)
    others: list[Point] = []
    for coarseness in (1, 2, 4, 8):
        others = _apart(points, COLUMNS // coarseness, ROWS // coarseness)
        if len(others) + len(best) <= most:
            break
    kept = {point.sub.key for point in best}
    return [*best, *(point for point in others if point.sub.key not in kept)][: max(most, len(best))]


def _apart(points: Sequence[Point], columns: int, rows: int) -> list[Point]:
    """The best of each cell of a grid."""
    if not points:
        return []
    left, low = min(point.ms for point in points), min(point.loss for point in points)
    width = (max(point.ms for point in points) - left) or 1.0
    height = (max(point.loss for point in points) - low) or 1.0
    cells: dict[tuple[int, int], Point] = {}
    for point in sorted(points, key=lambda point: point.loss):
        cell = int((point.ms - left) / width * columns), int((point.loss - low) / height * rows)
        cells.setdefault(cell, point)
    return list(cells.values())


def read_budgets(paths: Mapping[str, Path]) -> list[dict[str, Any]]:
    """Budgets by their names, as the experiment states them and in ms."""
    found = [
        {"text": str(JsonFile(path)["budgets", name, "text"]), "ms": round(budget_ms(path, name), 3)}
        for name, path in paths.items()
    ]
    return sorted(found, key=lambda budget: budget["ms"])


def panel(task: str, device: str, points: Sequence[Point], budgets: list[dict[str, Any]], most: int) -> dict[str, Any]:
    """What the explorer shows of one device: `scored` is their number before thinning."""
    return {
        "name": f"{task} on {device}",
        "scored": len(points),
        "budgets": budgets,
        "points": [point.to_list() for point in thinned(points, most)],
    }
