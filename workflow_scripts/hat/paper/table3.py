"""Table 3: HAT beside other architectures that were made to be fast or small."""

import pandas as pd

from hat.paper.comparing import arranged, bleu_notes, comparison
from hat.paper.gathered import Frames
from hat.paper.tables import Table


def table(frames: Frames) -> Table:
    models = arranged(frames["models"], ("depth", "levenshtein", "evolved", "lite", "hat"))
    return comparison(
        _with_the_papers_iterations(models),
        ["latency_ms", "iterations", "parameters", "flops", "bleu", "bleu_half_width", "sacrebleu"],
        name="Table 3",
        caption="HAT beside other architectures",
        notes=[
            "All trained with one recipe. The Levenshtein, Evolved and Lite Transformers have the width and the depth "
            "of the deepest Transformer, by their own count of layers. The Levenshtein Transformer learns slowly: "
            "its authors give it 300,000 updates, on targets that a Transformer has translated.",
            "Iterations: of a Levenshtein Transformer, the mean for the test sentences that it is timed on, which are "
            "about as long as those of the others; then its latency and FLOPs for the mean that the paper adopts.",
            *bleu_notes(frames["models"]),
        ],
    )


def _with_the_papers_iterations(models: pd.DataFrame) -> pd.DataFrame:
    """A second row below each model that decodes in iterations: its FLOPs are known for the paper's number of them."""
    iterated = models["published_iterations_ms"].notna()
    fixed = models.loc[iterated, ["task", "device", "name", "flops"]].assign(
        name=models["name"] + ", the paper's iterations",
        latency_ms=models["published_iterations_ms"],
        iterations=models["published_iterations"],
    )
    return pd.concat([models.assign(flops=models["flops"].mask(iterated)), fixed]).sort_index(kind="stable")
