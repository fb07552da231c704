"""The Pareto menu: for each budget what its own search found, and what the front of one search for all has to offer."""

import pandas as pd

from hat.paper.comparing import comparison, ordered
from hat.paper.fronts import found_by_searches
from hat.paper.gathered import PLACE, Frames
from hat.paper.tables import Table


def table(frames: Frames) -> Table:
    searched = found_by_searches(frames["candidates"], frames["budgets"], frames["fronts"])
    scored = frames["histories"].groupby(PLACE).size().rename("scored").reset_index()
    limits = searched[[*PLACE, "budget", "budget_ms", "text"]]
    offers = frames["offers"].merge(limits, on=[*PLACE, "budget"]).merge(scored, on=PLACE)
    rows = [searched.assign(name="Search for " + searched["text"]), offers.assign(name="Front at " + offers["text"])]
    return comparison(
        ordered(pd.concat(rows), ["budget_ms", "text"]).rename(columns={"loss": "inherited_valid_loss"}),
        ["budget_ms", "predicted_ms", "inherited_valid_loss", "scored"],
        name="Pareto menu",
        caption="One search per budget, and one search for all of them",
        notes=[
            "Scored: SubTransformers that the search scored. The search for the front was to score as many as all "
            "others together; its front has a model for any other budget as well (front.csv). Where a budget limits "
            "size, too, its model is the best that this search scored within both.",
            "Loss: validation loss with inherited weights; nothing was trained for this table.",
        ],
    )
