"""A new device from few samples: how near 20 and 100 of them come to what all samples of the device teach."""

import pandas as pd

from hat.paper.comparing import TEXT
from hat.paper.gathered import PLACE, Frames
from hat.paper.tables import Column, Table
from hat.paper.transfers import WIDEST, typical

GOALS = {20: (1.5, 0.05), 100: (1.1, 0.02)}
"""By the number of samples: the error over that of all samples, or as a share of the mean latency."""
OWN = {"own_samples": Column("All samples", "{:d}".format), "own_share": Column("RMSE of all", "{:.1%}".format)}
ALONE = "alone"
SHOWN = {
    ALONE: Column("alone", "{:.2f}×".format),
    "relative": Column("transfer", "{:.2f}×".format),
    "share": Column("RMSE", "{:.1%}".format),
    "kendall_tau": Column("τ", "{:.2f}".format),
    "coverage": Column("covered", "{:.0%}".format),
    "goal": Column("goal"),
}


def table(frames: Frames) -> Table:
    """A row for each device; the CSV has all ways to learn and all numbers of samples."""
    everything = typical(frames["transfers"])
    rows = everything[[*PLACE, *OWN]].drop_duplicates(PLACE)
    columns = {**{name: TEXT[name] for name in PLACE}, **OWN}
    for size, goal in GOALS.items():
        at_size = _at(everything[everything["samples"] == size], goal)
        rows = rows.merge(at_size.rename(columns={name: f"{name}_{size}" for name in SHOWN}), on=PLACE, how="left")
        columns |= {f"{name}_{size}": Column(f"{size}: {each.title}", each.shown) for name, each in SHOWN.items()}
    return Table(
        name="Few samples",
        caption="A new device learned from 20 and from 100 samples, and from the predictors of other devices",
        frame=rows,
        everything=everything,
        columns=columns,
        groups=(),
        notes=[
            "Test RMSE over that of ridge on all samples (×), or over the mean latency (%). Medians over draws.",
            "Alone: from random samples. Transfer: from samples chosen to teach most (D-optimal, random ones after 50)"
            " and the predictors of all other devices; those of the same device for other tasks are left out.",
            "τ: Kendall's, between predicted and measured. Covered: test rows within the 90% prediction interval.",
            "Goal: "
            + "; ".join(f"{n} samples, {times:g}× or below {share:.0%}" for n, (times, share) in GOALS.items())
            + ".",
        ],
    )


def _at(rows: pd.DataFrame, goal: tuple[float, float]) -> pd.DataFrame:
    """The columns of one number of samples, a row for each device."""
    rank = rows["sources"].map({name: place for place, name in enumerate(WIDEST)})
    helped = rows[(rows["selection"] == "chosen") & rank.notna()].assign(rank=rank).sort_values("rank")
    helped = helped.drop_duplicates(PLACE)
    alone = rows[(rows["selection"] == "random") & (rows["sources"] == "none")]
    times, share = goal
    met = (helped["relative"] <= times) | (helped["share"] <= share)
    found = helped.assign(goal=met.map({True: "met", False: "missed"}))
    found = found.merge(alone[[*PLACE, "relative"]].rename(columns={"relative": ALONE}), on=PLACE)
    return found[[*PLACE, *SHOWN]]
