"""Latency predictors compared: their errors on test rows beside those published."""

import pandas as pd

from hat.paper.comparing import TEXT
from hat.paper.gathered import PLACE, Frames
from hat.paper.published.facts import printed
from hat.paper.tables import Column, Table

FOUND = {
    "mlp_1_layer": ("MLP, 1 layer", "all", "mlp", 1),
    "mlp_3_layers": ("MLP, 3 layers", "all", "mlp", 3),
    "mlp_5_layers": ("MLP, 5 layers", "all", "mlp", 5),
    "ridge": ("Ridge", "all", "ridge", 3),
    "chosen": ("Chosen", "all", "chosen", 3),
    "steady_mlp_3_layers": ("Steady: MLP, 3 layers", "steady", "mlp", 3),
    "steady_ridge": ("Steady: ridge", "steady", "ridge", 3),
    "steady_chosen": ("Steady: chosen", "steady", "chosen", 3),
}
"""Title; which rows, which model, how many linear layers."""
PUBLISHED = {
    "authors_recipe_rmse_ms": "Authors' recipe, retrained",
    "best_retrained_rmse_ms": "Best known, retrained",
    "released_rmse_ms": "Released",
}


def table(frames: Frames) -> Table:
    """Means over the seeds; their standard deviations stand in the CSV."""
    reports, errors = frames["predictors"], _errors(frames["trials"])
    counts = {"samples": reports["samples"] + reports["left_out"], "drifted": reports["left_out"]}
    rows = reports[PLACE].assign(**counts).merge(errors, on=PLACE, how="left")
    rows = rows.merge(printed("predictors"), on=PLACE, how="left")
    shown = {f"{name}_rmse_ms": title for name, (title, *_) in FOUND.items()} | PUBLISHED
    return Table(
        name="Predictors",
        caption="Test error (RMSE in ms) of latency predictors",
        frame=rows,
        columns={
            **{name: TEXT[name] for name in PLACE},
            **{name: Column(name.capitalize(), "{:d}".format) for name in counts},
            **{name: Column(title, "{:.4g}".format) for name, title in shown.items()},
        },
        groups=(),
        notes=[
            "Mean of the seeds. One split for all: 90% to learn from, 10% to report.",
            "Drifted: samples in stretches that were measured while the machine ran at another speed. Steady: without"
            " them, in the test rows too, so that these columns do not compare with the others.",
            "Chosen: the MLP of three layers or ridge, whichever misses less in cross-validation over the 90%.",
            "Ridge regresses on products of the ten features; the MLPs see the ten.",
            "Best known, authors' recipe: retrained on the same rows as here; released: the authors' own weights, whose"
            " training rows are not known.",
        ],
    )


def _errors(trials: pd.DataFrame) -> pd.DataFrame:
    """Mean and standard deviation over the seeds of each kind of predictor, of those that learned from most rows."""
    most = trials[trials["train"] == trials.groupby([*PLACE, "rows"])["train"].transform("max")]
    both = pd.concat([most, most[most["chosen"].fillna(False)].assign(model="chosen")])
    kind = ["rows", "model", "linear_layers"]
    kinds = pd.DataFrame([(name, *words) for name, (_, *words) in FOUND.items()], columns=["name", *kind])
    seeds = both.merge(kinds, on=kind).groupby([*PLACE, "name"])["rmse_ms"]
    means, deviations = (found.unstack().reindex(columns=[*FOUND]) for found in (seeds.mean(), seeds.std().fillna(0.0)))
    return means.add_suffix("_rmse_ms").join(deviations.add_suffix("_std_ms")).reset_index()
