"""What the paper and its authors' release print, from the data files beside this module: to show beside own results."""

from functools import cache

import pandas as pd

from hat.frames import read_frame
from hat.paper.published.files import FOLDER


@cache
def printed(name: str) -> pd.DataFrame:
    """The rows of one of the paper's tables, or of `predictors`; none where it has no such table.

    Of predictors, RMSE in ms on the published data sets. Retrained: the split of RandomState(0), 1600/200/200 rows of
    2000. The released predictors learned from rows that nobody knows, so that their errors are optimistic.
    """
    path = FOLDER / f"{name}.csv"
    return read_frame(path, text=["task", "device"]) if path.exists() else pd.DataFrame()


def published_model(task: str, device: str, *, model: str, budget_ms: float | None) -> dict[str, float]:
    """The released model of that name, or the one of a task and device whose latency was a search's constraint.

    By the names of columns, each with `published_` before it; nothing when there is no such model. Parameters are in
    millions, without embeddings and output layer.
    """
    models = printed("table8").set_index("model")
    if budget_ms is None:
        found = models[models.index == model]
    else:
        found = models[(models["task"] == task) & (models["device"] == device) & (models["latency_ms"] == budget_ms)]
    numbers = found.drop(columns=["task", "device"]).astype(float).add_prefix("published_")
    return numbers.iloc[0].to_dict() if len(found) else {}
