"""Table 7: models whose weights are quantised by K-means to a few bits each."""

from pandas import DataFrame

from hat.paper.comparing import bleu_notes, comparison, named, ordered
from hat.paper.gathered import Frames
from hat.paper.tables import Table

BITS = 32
"""Of weights that are not quantised."""
MB = 1e6
"""Bytes."""


def table(frames: Frames) -> Table:
    """Each model that is quantised, before and after, on the first device of its task; baselines stand first."""
    return comparison(
        _sized(frames["models"]),
        ["size_mb", "file_mb", "reduction", "bleu", "bleu_half_width", "sacrebleu"],
        name="Table 7",
        caption="K-means quantisation",
        notes=[
            "Size: by the paper's rule, all weights but those of embeddings and output layer at so many bits each.",
            "File: what the packed model takes on disk, with everything in it: embeddings, norms, biases, centroids.",
            "Reduction: of the largest Transformer's size. Embeddings are quantised only where it says so.",
            *bleu_notes(frames["models"]),
        ],
    )


def _sized(models: DataFrame) -> DataFrame:
    first = models.groupby("task")["device"].transform("first")
    models = named(models[models["device"] == first])
    quantised = models["family"] == "quantised"
    models = models.assign(base=models["base"].where(quantised, models["model"]), bits=models["bits"].fillna(BITS))
    files = models[quantised].drop_duplicates(["task", "base"])[["task", "base", "unquantised_file_bytes"]]
    whole = models[~quantised].assign(searched=models["family"] == "hat")
    whole = whole[["task", "base", "name", "searched", "parameters"]].merge(files, on=["task", "base"])
    rows = models.merge(whole, on=["task", "base"], suffixes=("", "_whole"))
    rows = rows.assign(
        size_mb=rows["parameters"] * rows["bits"] / 8 / MB,
        file_mb=rows["file_bytes"].fillna(rows["unquantised_file_bytes_whole"]) / MB,
        embeddings=rows["quantised_embeddings"].fillna(False),
    )
    words = rows["embeddings"].map({True: ", embeddings too", False: ""})
    largest = whole.sort_values(["searched", "parameters"], ascending=[False, True]).groupby("task").tail(1)
    rows = rows.assign(
        name=rows["name_whole"] + ", " + rows["bits"].astype(str) + " bits" + words,
        reduction=rows["task"].map(largest.set_index("task")["parameters"]) * BITS / 8 / MB / rows["size_mb"],
        device=None,
    )
    order = {"searched": True, "parameters": False, "bits": False, "embeddings": True}
    return ordered(rows, [*order], groups=["task"], ascending=[*order.values()])
