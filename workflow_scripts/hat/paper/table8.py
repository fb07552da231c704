"""Table 8: latency, size, FLOPs and BLEU of HAT models and of those they are compared with.

Measured and predicted latencies, and what the paper prints, stand in columns of their own; a column of which nothing is
known is left out. The CSV holds all that was gathered.
"""

from collections.abc import Mapping

from pandas import DataFrame, Series

from hat.paper.comparing import COLUMNS, TEXT, arranged, bleu_notes, budget_marks, measured_first, speed_notes
from hat.paper.gathered import KINDS, Frames
from hat.paper.tables import Column, Table, significant

NUMBERS = ("budget_ms", "latency_ms", "predicted_ms", "parameters", "flops", "bleu", "sacrebleu")
SHOWN: Mapping[str, Column] = {
    **TEXT,
    **{name: COLUMNS[name] for name in NUMBERS},
    "published_latency_ms": Column("Published latency (ms)", "{:g}".format),
    "published_params_m": Column("Published #Params (M)", significant),
    "published_flops_g": Column("Published FLOPs (M)", significant, unit=1e-3),
    "published_bleu": Column("Published BLEU", "{:.1f}".format),
    "published_sacrebleu": Column("Published SacreBLEU", "{:.1f}".format),
}


def table(frames: Frames) -> Table:
    """HAT models come first in each group; marks tell which missed their budgets when measured, or nearly did."""
    models = arranged(frames["models"], ("hat", "depth", "width", "given"))
    marks = budget_marks(models)
    return Table(
        name="Table 8",
        caption="Latency, size and translation quality of HAT models and of ordinary Transformers",
        frame=measured_first(models).assign(model=models["name"] + marks),
        columns=SHOWN,
        notes=_notes(models, marks),
        everything=models[[*KINDS["models"]]],
    )


def _notes(models: DataFrame, marks: Series) -> list[str]:
    lengths = ", ".join(map(str, models["sentence_length"].unique()))
    marked, next_best = {*"".join(marks)}, models[marks.str.contains("‡")]
    taken = next_best["name"] + " (" + next_best["task"] + ", " + next_best["device"] + "): rank "
    notes = {
        "Latency: trimmed mean of the encoder's pass plus that of the decoder's steps, brought by an anchor timed in "
        "turn to the device's own speed.": models["latency_ms"].notna().any(),
        "Predicted latency: of a device that is not at hand, by a predictor that learned from published measurements; "
        "nothing was measured here.": models["latency_ms"].isna().any(),
        "#Params and FLOPs leave out embeddings and the output layer; FLOPs are those of one sentence pair with "
        f"{lengths} tokens a side.": True,
        "Published: as the paper and its release print it, for the model of that latency.": (
            models["published_latency_ms"].notna().any()
        ),
        "† No candidate measured kept the budget when this was chosen: it was the fastest of them.": "†" in marked,
        "§ Above the budget when this was chosen, by no more than that measurement's uncertainty.": "§" in marked,
        "‡ Better candidates of the search missed the budget when measured. Taken: "
        f"{'; '.join(taken + next_best['rank'].astype(str))}.": len(next_best),
        "SacreBLEU: detokenised, against the raw reference, ± half of its 95% bootstrap interval.": (
            models["sacrebleu"].notna().any()
        ),
    }
    signatures = {"SacreBLEU": "sacrebleu_signature", "Latency": "latency_signature"}
    return [
        *(note for note, applies in notes.items() if applies),
        *speed_notes(models),
        *bleu_notes(models),
        *(
            f"{name} signature: `{each}`"
            for name, column in signatures.items()
            for each in models[column].dropna().unique()
        ),
    ]
