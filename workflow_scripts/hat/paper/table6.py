"""Table 6: SubTransformers trained from scratch, and fine-tuned from inherited weights at a quarter of the updates."""

import pandas as pd

from hat.paper.comparing import bleu_notes, comparison, with_twin
from hat.paper.gathered import Frames
from hat.paper.tables import Table

COLUMNS = ["updates", "valid_loss", "bleu", "bleu_half_width", "sacrebleu"]


def table(frames: Frames) -> Table:
    pairs = with_twin(frames["models"], "finetuned")
    finetuned = {name: pairs[f"{name}_twin"] for name in COLUMNS}
    rows = [
        pairs.assign(name=pairs["name"] + ", from scratch"),
        pairs.assign(name=pairs["name"] + ", inherited and fine-tuned", **finetuned),
    ]
    return comparison(
        pd.concat(rows).sort_index(kind="stable").assign(device=None),
        COLUMNS,
        name="Table 6",
        caption="From scratch, and from inherited weights with a quarter of the updates",
        notes=[
            "The updates of the SuperTransformer that the weights are inherited from are not counted.",
            *bleu_notes(frames["models"]),
        ],
    )
