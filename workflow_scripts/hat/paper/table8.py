"""Table 8: latency, size, FLOPs and BLEU of HAT models and of those they are compared with.

Measured and predicted latencies, and what the paper prints, stand in columns of their own; a column of which nothing is
known is left out. The CSV holds all that was gathered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pandas import DataFrame

from hat.paper.comparing import AS_PRINTED, COLUMNS, TEXT, arranged, measured_first
from hat.paper.gathered import KINDS, Frames
from hat.paper.tables import Column, Table

MISSED, NEXT_BEST = "†", "‡"
SHOWN: Mapping[str, Column] = {
    "task": TEXT["task"],
    "device": TEXT["device"],
    "model": TEXT["model"],
    **{name: COLUMNS[name] for name in ("latency_ms", "predicted_ms", "parameters", "flops", "bleu", "sacrebleu")},
    "sacrebleu_half_width": COLUMNS["bleu_half_width"],
    "published_latency_ms": Column("Published latency", AS_PRINTED["latency_ms"]),
    "published_params_m": Column("Published #Params", "{:.2f}M".format),
    "published_flops_g": Column("Published FLOPs", "{:.2f}G".format),
    "published_bleu": Column("Published BLEU", "{:.1f}".format),
    "published_sacrebleu": Column("Published SacreBLEU", "{:.1f}".format),
}


def table(frames: Frames) -> Table:
    """HAT models come first in each group; marks tell which missed their budgets when measured."""
    models = arranged(frames["models"], ("hat", "depth", "width", "given"))
    missed, next_best = models["fits"].eq(False).fillna(False), models["rank"].gt(1).fillna(False)
    marks = missed.map({True: MISSED, False: ""}) + next_best.map({True: NEXT_BEST, False: ""})
    taken = [
        f"{row['name']} ({row['task']}, {row['device']}): rank {row['rank']}" for _, row in models[next_best].iterrows()
    ]
    return Table(
        name="Table 8",
        caption="Latency, size and translation quality of HAT models and of ordinary Transformers",
        frame=measured_first(models).assign(model=models["name"] + marks),
        columns=SHOWN,
        notes=[*_explained(models), *_marked(missed.any(), taken), *_scored(models), *_signatures(models)],
        everything=models[[*KINDS["models"]]],
    )


def _explained(models: DataFrame) -> list[str]:
    measured, predicted = models["latency_ms"].notna().any(), models["latency_ms"].isna().any()
    lengths = ", ".join(map(str, models["sentence_length"].unique()))
    notes = {
        "Latency: trimmed mean of the encoder's pass plus that of the decoder's steps, brought by an anchor timed in turn "
        "to the device's own speed.": measured,
        "Predicted latency: of a device that is not at hand, by a predictor that learned from published measurements; "
        "nothing was measured here.": predicted,
        "#Params and FLOPs leave out embeddings and the output layer; FLOPs are those of one sentence pair with "
        f"{lengths} tokens a side.": True,
        "Published: as the paper and its release print it, for the model of that latency.": (
            models["published_latency_ms"].notna().any()
        ),
    }
    return [note for note, applies in notes.items() if applies]


def _marked(missed: bool, taken: Sequence[str]) -> list[str]:
    found = "No candidate measured kept the budget when this one was chosen: it was the fastest of them."
    better = "Better candidates of the search missed the budget when measured. Taken"
    return [
        *([f"{MISSED} {found}"] if missed else []),
        *([f"{NEXT_BEST} {better}: {'; '.join(taken)}."] if taken else []),
    ]


def _scored(models: DataFrame) -> list[str]:
    scored = models[models["bleu"].notna()]
    if scored.empty:
        return []
    kinds = scored.groupby("bleu_kind", sort=False)["task"].unique()
    return [
        "SacreBLEU: detokenised, against the raw reference, ± half of the 95% bootstrap interval.",
        *(f"BLEU of {', '.join(tasks)}: {kind}." for kind, tasks in kinds.items()),
    ]


def _signatures(models: DataFrame) -> list[str]:
    columns = {"BLEU": "bleu_signature", "SacreBLEU": "sacrebleu_signature", "Latency": "latency_signature"}
    return [
        f"{name} signature: `{signature}`"
        for name, column in columns.items()
        for signature in models[column].dropna().unique()
    ]
