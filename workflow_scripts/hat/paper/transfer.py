"""How the error on a new device falls with its samples, alone and with the predictors of other devices."""

from pathlib import Path

from hat.paper.gathered import PLACE, Frames
from hat.paper.style import LOOKS, legend_above, panel_each, save_figure
from hat.paper.transfers import WAYS, typical

WAYS_SHOWN = {
    ("none", "random"): ("Alone", {**LOOKS["depth"], "linestyle": ":"}),
    ("none", "chosen"): ("Alone, chosen samples", LOOKS["depth"]),
    ("same task", "chosen"): ("Other devices, same task", LOOKS["width"]),
    ("all tasks", "random"): ("Other devices, random samples", {**LOOKS["hat"], "linestyle": ":"}),
    ("all tasks", "chosen"): ("Other devices, all tasks", LOOKS["hat"]),
}


def draw(frames: Frames, stem: Path) -> None:
    """Draw `stem`.pdf and .png, a panel for each device: the error over that of all samples; and write `stem`.csv."""
    points = typical(frames["transfers"])
    points = points[[way in WAYS_SHOWN for way in zip(*(points[name] for name in WAYS), strict=True)]]
    with panel_each(points, PLACE) as (figure, panels):
        for axes, rows in panels:
            for (sources, selection), (name, look) in WAYS_SHOWN.items():
                curve = rows[(rows["sources"] == sources) & (rows["selection"] == selection)]
                if len(curve):
                    axes.plot(curve["samples"], curve["relative"], label=name, **look)
            axes.set(xscale="log", yscale="log", xlabel="Samples", ylabel="RMSE over that of all")
            sizes = sorted({*rows["samples"]})
            axes.set_xticks(sizes, labels=[f"{size:.0f}" for size in sizes])
            ticks = [tick for tick in (1, 1.5, 2, 3, 5, 10, 20, 50) if tick <= 1.2 * rows["relative"].max()]
            axes.set_yticks(ticks, labels=[f"{tick:g}" for tick in ticks])
            axes.minorticks_off()
        legend_above(figure, columns=3)
        save_figure(figure, stem, points[[*PLACE, *WAYS, "samples", "rmse_ms", "relative", "coverage"]])
