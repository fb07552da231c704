"""What HAT's architectures for each device have in common: attended layers, FFN dims, depth (HAT, section 4.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from hat.architecture import SubTransformer
from hat.errors import InputError
from hat.paper.models import ModelRow, panels
from hat.paper.style import panel_grid, save_figure

QUANTITIES: dict[str, Callable[[SubTransformer], Sequence[int]]] = {
    "Encoder layers that a decoder layer attends to": lambda sub: sub.decoder_attended_layers,
    "FFN dims of decoder layers": lambda sub: sub.decoder_ffn_dims,
    "Decoder layers of a model": lambda sub: (sub.decoder_layers,),
}
SHADES = ("#08306b", "#2171b5", "#6baed6", "#c6dbef", "#fdd0a2", "#e6550d")
PANEL_INCHES = (4.0, 3.2)


def draw_insights(rows: Sequence[ModelRow], stem: Path) -> None:
    """Draw `stem`.pdf and .png: a bar for each task and device, and one for all; the counts stand in `stem`.csv.

    Models that a search found count, ours and the paper's; baselines do not. InputError when there is none.
    """
    found = [row for row in rows if row.family == "hat" or row.published_latency_ms is not None]
    if not found:
        raise InputError("insights", "no model that a search found", "budgets, or models of the paper's Table 8")
    groups = {f"{task}\n{hardware}": members for task, hardware, members in panels(found)} | {"all": found}
    records: list[dict[str, object]] = []
    with panel_grid(len(QUANTITIES), inches=PANEL_INCHES) as (figure, all_axes):
        for number, (axes, (quantity, values)) in enumerate(zip(all_axes, QUANTITIES.items(), strict=True)):
            counts = {name: Counter(v for row in group for v in values(row.sub)) for name, group in groups.items()}
            legal = sorted(counts["all"])
            starts = dict.fromkeys(groups, 0.0)
            for value, shade in zip(legal, _shades(len(legal)), strict=True):
                shares = {name: counts[name][value] / counts[name].total() for name in groups}
                axes.barh([*groups], [*shares.values()], left=[*starts.values()], color=shade, label=str(value))
                starts = {name: starts[name] + shares[name] for name in groups}
                records += [
                    {
                        "quantity": quantity,
                        "value": value,
                        "group": name.replace("\n", " "),
                        "count": counts[name][value],
                        "share": shares[name],
                    }
                    for name in groups
                ]
            axes.set_title(quantity)
            axes.set(xlim=(0, 1), xlabel="Share")
            axes.invert_yaxis()
            axes.grid(visible=False)
            axes.tick_params(axis="y", length=0, labelsize=6.5, labelleft=number == 0)
            axes.legend(loc="lower center", bbox_to_anchor=(0.5, -0.32), ncols=len(legal), handlelength=1)
        save_figure(figure, stem, records)


def _shades(count: int) -> list[str]:
    return list(SHADES[:count]) if count <= len(SHADES) else [SHADES[i % len(SHADES)] for i in range(count)]
