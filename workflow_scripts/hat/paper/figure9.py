"""Figure 9: the best loss that evolutionary and random search have found after so many evaluations."""

from pathlib import Path

import pandas as pd

from hat.budgets import as_stated
from hat.paper.gathered import PLACE, Frames
from hat.paper.style import COLOURS, LOOKS, legend_above, panel_each, round_ticks, save_figure

ALGORITHMS = {"evolution": ("Evolutionary search", "hat"), "random": ("Random search", "depth")}
SEARCH = [*PLACE, "budget"]


def draw(frames: Frames, stem: Path) -> None:
    """Draw `stem`.pdf and .png: the mean over seeds, and from the least to the greatest; and write `stem`.csv."""
    drawn = []
    with panel_each(frames["searches"], SEARCH) as (figure, panels):
        for axes, searches in panels:
            best = best_so_far(searches)
            for algorithm, (name, look) in ALGORITHMS.items():
                seeds = best[algorithm]
                mean, least, greatest = (seeds.agg(how, axis="columns") for how in ("mean", "min", "max"))
                axes.fill_between(best.index, least, greatest, color=COLOURS[look], alpha=0.15, linewidth=0)
                axes.plot(best.index, mean, **LOOKS[look] | {"marker": ""}, label=name)
                band = pd.DataFrame({"mean": mean, "least": least, "greatest": greatest}).reset_index()
                band = band.assign(algorithm=algorithm, seeds=seeds.shape[1])
                drawn.append(searches[SEARCH].head(1).merge(band, how="cross"))
            task, device, budget = searches[SEARCH].iloc[0]
            axes.set_title(f"{task}\n{device}, budget {as_stated(budget)}, {best['evolution'].shape[1]} seeds")
            axes.set(xlabel="SubTransformers scored", ylabel="Best validation loss")
            settled = best[len(best) // 20 :]  # what the first few draw would leave no room for the rest
            low, high = settled.min(axis=None), settled.max(axis=None)
            axes.set_ylim(low - 0.05 * (high - low) - 1e-9, high + 0.05 * (high - low) + 1e-9)
            round_ticks(axes)
        legend_above(figure)
        columns = [*SEARCH, "algorithm", "seeds", "evaluation", "mean", "least", "greatest"]
        save_figure(figure, stem, pd.concat(drawn)[columns].round(6))


def best_so_far(searches: pd.DataFrame) -> pd.DataFrame:
    """The least loss after each evaluation (rows) by algorithm and seed; a search that ended early keeps its last."""
    return searches.pivot(index="evaluation", columns=["algorithm", "seed"], values="loss").cummin().ffill()
