"""The Pareto menu: for each budget what its own search found, and what the front of one search for all has to offer."""

from __future__ import annotations

import pandas as pd
from pandas import DataFrame

from hat.paper.comparing import PLACE, comparison
from hat.paper.fronts import found_by_searches
from hat.paper.gathered import Frames
from hat.paper.tables import Table


def table(frames: Frames) -> Table:
    searched = found_by_searches(frames["candidates"], frames["budgets"], frames["fronts"])
    scored = frames["histories"].groupby(PLACE).size().rename("scored").reset_index()
    rows = [
        searched.assign(name="Search for " + searched["budget"]),
        _offered(searched, frames["fronts"]).merge(scored, on=PLACE),
    ]
    order = searched[[*PLACE, "budget"]]
    return comparison(
        pd.concat([order.merge(each, on=[*PLACE, "budget"], how="left") for each in rows])
        .dropna(subset="name")
        .sort_index(kind="stable")
        .rename(columns={"loss": "inherited_valid_loss"}),
        ["budget_ms", "predicted_ms", "inherited_valid_loss", "scored"],
        name="Pareto menu",
        caption="One search per budget, and one search for all of them",
        notes=[
            "Scored: SubTransformers that the search scored. The search for the front was to score as many as all "
            "others together; its front has a model for any other budget as well (front.csv).",
            "Loss: validation loss with inherited weights; nothing was trained for this table.",
        ],
    )


def _offered(searched: DataFrame, fronts: DataFrame) -> DataFrame:
    """The slowest model of the front that keeps each budget, and so its best; none where none does."""
    budgets = searched[[*PLACE, "budget", "budget_ms"]]
    within = budgets.merge(fronts, on=PLACE)
    within = within[within["predicted_ms"] <= within["budget_ms"]].sort_values(["predicted_ms", "loss"])
    best = within.groupby([*PLACE, "budget"]).tail(1)
    return best.assign(name="Front at " + best["budget"])
