"""Searches that measure each candidate on the device, beside those that ask a predictor: what they find and cost."""

from pandas import DataFrame

from hat.paper.comparing import comparison
from hat.paper.gathered import PLACE, Frames
from hat.paper.tables import Table


def table(frames: Frames) -> Table:
    offline = timed(frames["samples"], frames["signatures"])
    rows = frames["confirmed"].merge(offline, on=PLACE, suffixes=("", "_offline"))
    return comparison(
        rows.assign(
            name=rows["search"].str.capitalize(),
            inherited_valid_loss=rows["loss"],
            **{name: rows[name].fillna(rows[f"{name}_offline"]) for name in ("measured", "timed_seconds")},
        ),
        ["budget_ms", "latency_ms", "inherited_valid_loss", "measured", "timed_seconds"],
        name="Online search",
        caption="Searches that ask a predictor (offline) and that measure each candidate (online)",
        notes=[
            "Latency: of the SubTransformer taken, measured as often as all models of Table 8. Both searches score as "
            "many SubTransformers, by their validation loss with inherited weights.",
            "Timing: the timed runs of all models timed, and of the anchor in turn with them. Offline, they are the "
            "samples from which the predictor learned; these serve all budgets of a device. Online, each has its own.",
        ],
    )


def timed(samples: DataFrame, signatures: DataFrame) -> DataFrame:
    """What the samples of each device took: how many were measured, each in turn with the anchor, and for how long."""
    latencies = samples.groupby(PLACE)["latency_ms"].agg(["size", "sum"]).reset_index()
    found = latencies.merge(signatures, on=PLACE)
    timed_ms = (found["sum"] + found["size"] * found["anchor_ms"]) * found["runs"]
    return found[PLACE].assign(measured=found["size"], timed_seconds=timed_ms / 1000)
