"""How the error of latency predictors falls with the samples that they learn from."""

from pathlib import Path

from hat.paper.comparing import ordered
from hat.paper.gathered import PLACE, Frames
from hat.paper.style import LOOKS, legend_above, panel_each, save_figure

MODELS = {"ridge": ("Ridge", "hat"), "mlp": ("MLP, 3 layers", "depth")}


def draw(frames: Frames, stem: Path) -> None:
    """Draw `stem`.pdf and .png, a panel for each device: test error against training rows; and write `stem`.csv.

    Means over subsets, with their standard deviations.
    """
    trials = frames["trials"]
    seen = trials[(trials["rows"] == "all") & (trials["linear_layers"] == 3) & trials["model"].isin(MODELS)]
    points = seen.groupby([*PLACE, "model", "train"], sort=False)["rmse_ms"].agg(["mean", "std"]).reset_index()
    points = points.rename(columns={"mean": "rmse_ms", "std": "std_ms"}).fillna({"std_ms": 0.0})
    points = ordered(points, ["model", "train"], ascending=[False, True])
    with panel_each(points, PLACE) as (figure, panels):
        for axes, rows in panels:
            for model, (name, look) in MODELS.items():
                curve = rows[rows["model"] == model]
                axes.errorbar(curve["train"], curve["rmse_ms"], curve["std_ms"], label=name, **LOOKS[look])
            axes.set(xscale="log", xlabel="Samples to learn from", ylabel="Test RMSE (ms)")
            sizes = sorted(set(rows["train"]))
            axes.set_xticks(sizes, labels=map(str, sizes))
            axes.minorticks_off()
            axes.set_ylim(0, 1.08 * (rows["rmse_ms"] + rows["std_ms"]).max())
        legend_above(figure)
        save_figure(figure, stem, points[[*PLACE, "model", "train", "rmse_ms", "std_ms"]])
