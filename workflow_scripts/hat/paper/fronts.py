"""What the Pareto figure and its menu share: what the searches found that had one latency budget each."""

import pandas as pd

from hat.paper.comparing import ordered
from hat.paper.gathered import PLACE


def found_by_searches(candidates: pd.DataFrame, budgets: pd.DataFrame, fronts: pd.DataFrame) -> pd.DataFrame:
    """The best candidate of each search with its budget in ms, and how many were scored; by device and budget."""
    searches = [*PLACE, "budget"]
    best = candidates.sort_values(["loss", "predicted_ms"]).groupby(searches, sort=False).head(1)
    scored = candidates.groupby(searches).size().rename("scored").reset_index()
    limits = budgets.rename(columns={"latency_ms": "budget_ms"})[[*searches, "text", "budget_ms"]]
    found = fronts[PLACE].drop_duplicates().merge(best.merge(scored, on=searches).merge(limits, on=searches), on=PLACE)
    return ordered(found, ["budget_ms"])
