"""Figure 9: the best loss that evolutionary and random search have found after so many evaluations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from hat.files import read_csv
from hat.paper.style import MARKS, panel_grid, round_ticks, save_figure

ALGORITHMS = {"evolution": ("Evolutionary search", MARKS["hat"]), "random": ("Random search", MARKS["depth"])}


@dataclass(frozen=True, kw_only=True)
class Searches:
    """Searches within one budget, by evolution and at random, each with several seeds."""

    task: str
    hardware: str
    budget: str
    best: dict[str, NDArray[np.float64]]
    """By algorithm: the least loss so far, (seeds, evaluations)."""

    @classmethod
    def load(cls, path: Path) -> Self:
        """From .../{task}/search/{device}/{budget}/searches.csv. A search that ended early keeps its last loss."""
        budget, hardware, _, task, *_ = (folder.name for folder in path.resolve().parents)
        losses: dict[str, dict[str, list[float]]] = {}
        for row in read_csv(path, ["algorithm", "seed", "evaluation", "loss"]):
            losses.setdefault(row["algorithm"], {}).setdefault(row["seed"], []).append(float(row["loss"]))
        longest = max(len(found) for seeds in losses.values() for found in seeds.values())
        best = {
            algorithm: np.array(
                [np.minimum.accumulate(found + found[-1:] * (longest - len(found))) for found in seeds.values()]
            )
            for algorithm, seeds in losses.items()
        }
        return cls(task=task, hardware=hardware, budget=budget, best=best)


def draw_figure9(found: Sequence[Searches], stem: Path) -> None:
    """Draw `stem`.pdf and .png: the mean over seeds, and from the least to the greatest; and write `stem`.csv."""
    drawn: list[dict[str, Any]] = []
    with panel_grid(len(found)) as (figure, all_axes):
        for axes, searches in zip(all_axes, found, strict=True):
            for algorithm, (name, mark) in ALGORITHMS.items():
                best = searches.best[algorithm]
                evaluations = np.arange(1, best.shape[1] + 1)
                mean, least, greatest = best.mean(0), best.min(0), best.max(0)
                axes.fill_between(evaluations, least, greatest, color=mark.colour, alpha=0.15, linewidth=0)
                axes.plot(evaluations, mean, color=mark.colour, linestyle=mark.line, label=name)
                drawn += [
                    {
                        "task": searches.task,
                        "hardware": searches.hardware,
                        "budget": searches.budget,
                        "algorithm": algorithm,
                        "seeds": len(best),
                        "evaluation": int(evaluation),
                        "mean": round(float(values[0]), 6),
                        "least": round(float(values[1]), 6),
                        "greatest": round(float(values[2]), 6),
                    }
                    for evaluation, *values in zip(evaluations, mean, least, greatest, strict=True)
                ]
            seeds = len(next(iter(searches.best.values())))
            axes.set_title(f"{searches.task}\n{searches.hardware}, budget {searches.budget}, {seeds} seeds")
            axes.set_xlabel("SubTransformers scored")
            axes.set_ylabel("Best validation loss")
            # what the first few draw would leave no room for the rest
            settled = np.concatenate([best[:, best.shape[1] // 20 :] for best in searches.best.values()])
            low, high = float(settled.min()), float(settled.max())
            axes.set_ylim(low - 0.05 * (high - low) - 1e-9, high + 0.05 * (high - low) + 1e-9)
            round_ticks(axes)
        handles, names = all_axes[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside upper center", ncols=len(names))
        save_figure(figure, stem, drawn)
