"""The front of latency and loss that one search found beside searches for one budget each: what figure and menu share."""

from __future__ import annotations

import pandas as pd

from hat.paper.comparing import PLACE, ordered


def found_by_searches(candidates: pd.DataFrame, budgets: pd.DataFrame, fronts: pd.DataFrame) -> pd.DataFrame:
    """The best candidate of each search with its budget in ms, and how many were scored; by device and budget."""
    searches = [*PLACE, "budget"]
    best = candidates.sort_values(["loss", "predicted_ms"]).groupby(searches, sort=False).head(1)
    scored = candidates.groupby(searches).size().rename("scored").reset_index()
    limits = budgets.rename(columns={"latency_ms": "budget_ms"})[[*searches, "budget_ms"]]
    found = fronts[PLACE].drop_duplicates().merge(best.merge(scored, on=searches).merge(limits, on=searches), on=PLACE)
    return ordered(found, ["budget_ms"])
