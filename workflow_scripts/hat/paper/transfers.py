"""What predictors that learned from few samples miss, relative to one that learned from all."""

import pandas as pd

from hat.paper.gathered import PLACE

WAYS = ["sources", "selection"]
WIDEST = ["all tasks", "same task"]
"""Groups of sources, the one that knows most first."""


def typical(transfers: pd.DataFrame) -> pd.DataFrame:
    """Medians over the draws, a row for each task, device, way to learn and number of samples.

    Besides the columns of the trials: own_samples and own_rmse_ms, of ridge that learned from all rows, and that error
    and the row's own as shares: relative to the former, share and own_share of the mean latency.
    """
    names = {"samples": "own_samples", "rmse_ms": "own_rmse_ms"}
    own = transfers[transfers["selection"] == "all"].rename(columns=names)
    few = transfers[transfers["selection"] != "all"].drop(columns="draw")
    rows = few.groupby([*PLACE, *WAYS, "samples"], sort=False, as_index=False).median()
    rows = rows.merge(own[[*PLACE, "own_samples", "own_rmse_ms"]], on=PLACE)
    return rows.assign(
        relative=rows["rmse_ms"] / rows["own_rmse_ms"],
        share=rows["rmse_ms"] / rows["mean_ms"],
        own_share=rows["own_rmse_ms"] / rows["mean_ms"],
    )
