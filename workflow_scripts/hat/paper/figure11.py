"""Figure 11: BLEU from scratch against the validation loss with inherited weights, a panel for each task."""

from pathlib import Path

from hat.paper.gathered import Frames
from hat.paper.proxies import kendall_tau, proxies
from hat.paper.style import COLOURS, LOOKS, label_points, panel_each, plot_scores, round_ticks, save_figure

DRAWN = ["inherited_valid_loss", "inherited_bleu", "bleu", "bleu_half_width"]


def draw(frames: Frames, stem: Path) -> None:
    """Draw `stem`.pdf and .png; what is drawn stands in `stem`.csv."""
    pairs = proxies(frames["models"])
    labels = {}
    with panel_each(pairs, ["task"]) as (figure, panels):
        for axes, rows in panels:
            losses, bleus = rows["inherited_valid_loss"], rows["bleu"]
            plot_scores(axes, losses, bleus, rows["bleu_half_width"], LOOKS["hat"] | {"linestyle": "none"})
            axes.set_title(f"{axes.get_title()}\nKendall tau {kendall_tau(rows)[0]}")
            axes.set_xlabel("Validation loss, inherited weights")
            axes.set_ylabel(f"BLEU from scratch ({rows['bleu_kind'].iloc[0]})")
            axes.margins(x=0.15, y=0.15)
            round_ticks(axes)
            names = rows["budget"].fillna(rows["name"].str.replace(" SubTransformer", ""))
            labels[axes] = [(*point, COLOURS["hat"]) for point in zip(losses, bleus, names, strict=True)]
        label_points(figure, labels)
        save_figure(figure, stem, pairs[["task", "model", *DRAWN]])
