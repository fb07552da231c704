"""Figure 11: BLEU from scratch against the validation loss with inherited weights, a panel for each task."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hat.paper.comparison import named
from hat.paper.models import ModelRow
from hat.paper.style import MARKS, label_points, panel_grid, round_ticks, save_figure
from hat.paper.table5 import proxies, tau_note


def draw_figure11(rows: Sequence[ModelRow], stem: Path) -> None:
    """Draw `stem`.pdf and .png, and write what is drawn to `stem`.csv."""
    tasks = proxies(rows)
    mark = MARKS["hat"]
    labels, drawn = {}, []
    with panel_grid(len(tasks)) as (figure, all_axes):
        for axes, (task, pairs) in zip(all_axes, tasks.items(), strict=True):
            losses = [inherited.valid_loss or 0.0 for _, inherited in pairs]
            bleus = [scratch.bleu or 0.0 for scratch, _ in pairs]
            errors = [scratch.bleu_half_width or 0.0 for scratch, _ in pairs]
            axes.errorbar(losses, bleus, errors, fmt="none", ecolor=mark.colour, elinewidth=0.7, alpha=0.35, zorder=2)
            axes.plot(losses, bleus, color=mark.colour, marker=mark.marker, linestyle="none", zorder=3)
            axes.set_title(
                f"{task}\n{tau_note(pairs).split(' (')[0].replace(' of inherited loss and BLEU from scratch', '')}"
            )
            axes.set_xlabel("Validation loss, inherited weights")
            axes.set_ylabel(f"BLEU from scratch ({pairs[0][0].bleu_kind})")
            axes.margins(x=0.15, y=0.15)
            round_ticks(axes)
            names = [scratch.budget or named(scratch).removesuffix(" SubTransformer") for scratch, _ in pairs]
            labels[axes] = [(*point, mark.colour) for point in zip(losses, bleus, names, strict=True)]
            drawn += [
                {
                    "task": task,
                    "model": scratch.model,
                    "inherited_valid_loss": inherited.valid_loss,
                    "inherited_bleu": inherited.bleu,
                    "bleu": scratch.bleu,
                    "bleu_half_width": scratch.bleu_half_width,
                }
                for scratch, inherited in pairs
            ]
        label_points(figure, labels)
        save_figure(figure, stem, drawn)
