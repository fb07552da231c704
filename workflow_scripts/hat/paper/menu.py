"""The Pareto menu: for each budget what its own search found, and what the front of one search for all has to offer."""

import pandas as pd

from hat.paper.comparing import comparison, ordered
from hat.paper.fronts import found_by_searches
from hat.paper.gathered import PLACE, Frames
from hat.paper.tables import Table


def table(frames: Frames) -> Table:
    searched = found_by_searches(frames["candidates"], frames["budgets"], frames["fronts"])
    scored = frames["histories"].groupby(PLACE).size().rename("scored").reset_index()
    rows = [
        searched.assign(name="Search for " + searched["budget"]),
        within(searched[[*PLACE, "budget", "budget_ms"]], frames["fronts"]).merge(scored, on=PLACE),
    ]
    return comparison(
        ordered(pd.concat(rows), ["budget_ms"]).rename(columns={"loss": "inherited_valid_loss"}),
        ["budget_ms", "predicted_ms", "inherited_valid_loss", "scored"],
        name="Pareto menu",
        caption="One search per budget, and one search for all of them",
        notes=[
            "Scored: SubTransformers that the search scored. The search for the front was to score as many as all "
            "others together; its front has a model for any other budget as well (front.csv).",
            "Loss: validation loss with inherited weights; nothing was trained for this table.",
        ],
    )


def within(budgets: pd.DataFrame, fronts: pd.DataFrame) -> pd.DataFrame:
    """The slowest model of the front that keeps each budget, which is its best; no row where none does."""
    limits, offered = budgets.sort_values("budget_ms"), fronts.sort_values(["predicted_ms", "loss"])
    best = pd.merge_asof(limits, offered, left_on="budget_ms", right_on="predicted_ms", by=PLACE)
    return best.assign(name="Front at " + best["budget"]).dropna(subset="predicted_ms")
