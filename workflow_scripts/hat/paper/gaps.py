"""How far predicted latencies are from measured ones for the best candidates of each search."""

from typing import Any

import pandas as pd
from scipy.stats import kendalltau

from hat.paper.comparing import COLUMNS, TEXT, UNSURE
from hat.paper.gathered import PLACE, Frames
from hat.paper.tables import Column, Table

SHOWN = {
    **TEXT,
    **{name: COLUMNS[name] for name in ("budget_ms", "predicted_ms", "latency_ms")},
    "gap": Column("Gap", "{:+.1%}".format),
    "mean_gap": Column("Mean gap", "{:.1%}".format),
    "tau": Column("Tau", "{:.2f}".format),
    "measured": COLUMNS["measured"],
}


def table(frames: Frames) -> Table:
    keys = [*PLACE, "budget"]
    rows = [{**dict(zip(keys, names, strict=True)), **gap(each)} for names, each in frames["measured"].groupby(keys)]
    budgets = frames["budgets"].rename(columns={"latency_ms": "budget_ms"})
    found = pd.DataFrame(rows).merge(budgets, on=keys)
    return Table(
        name="Gaps",
        caption="Predicted against measured latency of each search's best candidates",
        frame=found.assign(model="HAT, budget " + found["text"])[[*SHOWN, *UNSURE]],
        columns=SHOWN,
        groups=PLACE,
        notes=[
            "Latencies and gap: of the candidate with the least loss, measured over predicted; mean gap: the mean of "
            "its absolute value over all candidates measured; tau: Kendall's, of predictions and measurements.",
            "Candidates of one search have nearly equal latencies: near a budget, a tau about zero says little.",
        ],
    )


def gap(measured: pd.DataFrame) -> dict[str, Any]:
    """Of the candidates of one search."""
    best = measured.sort_values("rank").iloc[0]
    gaps = measured["latency_ms"] / measured["predicted_ms"] - 1
    return {
        **best[["predicted_ms", "latency_ms", *UNSURE]],
        "gap": best["latency_ms"] / best["predicted_ms"] - 1,
        "mean_gap": gaps.abs().mean(),
        "tau": kendalltau(measured["predicted_ms"], measured["latency_ms"]).statistic if len(measured) > 1 else None,
        "measured": len(measured),
    }
