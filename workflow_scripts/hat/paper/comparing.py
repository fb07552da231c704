"""What exhibits of models share: how models are called and ordered, and tables with the paper's numbers beside ours."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from hat.paper.gathered import PLACE
from hat.paper.published.facts import printed
from hat.paper.tables import Column, Table, table_key

TEXT = {"task": Column("Task"), "device": Column("Device"), "model": Column("Model")}
FAMILY_NAMES = {
    "largest": "Largest SubTransformer",
    "smallest": "Smallest SubTransformer",
    "evolved": "Evolved Transformer",
    "lite": "Lite Transformer",
    "levenshtein": "Levenshtein Transformer",
}
"""Of families of one model."""
SCALED = {"hat": "HAT, budget ", "depth": "Transformer, decoder layers ", "width": "Transformer, width "}
"""Of families of several sizes."""


def latency(ms: float) -> str:
    scale, unit = (1000, "s") if ms >= 1000 else (1, "ms")
    return f"{ms / scale:.2f} {unit}" if ms < 100 or 1000 <= ms < 10_000 else f"{ms / scale:.1f} {unit}"


def count(number: float) -> str:
    return f"{number:,.0f}"


def large(number: float) -> str:
    """In thousands, millions or billions."""
    scale, letter = next((scale, letter) for scale, letter in ((1e9, "G"), (1e6, "M"), (1e3, "K")) if number >= scale)
    return f"{number / scale:.2f}{letter}"


def amount(number: float) -> str:
    """Of hours, pounds or dollars."""
    return count(number) if number >= 100 else f"{number:.3g}"


one_digit, two_digits, three_digits = "{:.1f}".format, "{:.2f}".format, "{:.3f}".format
COLUMNS = {
    "latency_ms": Column("Latency", latency),
    "predicted_ms": Column("Predicted latency", latency),
    "parameters": Column("#Params", large),
    "flops": Column("FLOPs", large),
    "budget_ms": Column("Budget", latency),
    "measured": Column("Models timed", count),
    "scored": Column("Scored", count),
    "timed_seconds": Column("Timing (s)", one_digit),
    "size_mb": Column("Size (MB)", two_digits),
    "file_mb": Column("File (MB)", two_digits),
    "reduction": Column("Reduction", "{:.1f}×".format),
    "iterations": Column("Iterations", two_digits),
    "updates": Column("Updates", count),
    "valid_loss": Column("Validation loss", three_digits),
    "inherited_valid_loss": Column("Inherited loss", three_digits),
    "inherited_bleu": Column("Inherited BLEU", one_digit),
    "bleu": Column("BLEU", one_digit),
    "bleu_half_width": Column("±", one_digit),
    "hours": Column("Hours", amount),
    "gpu_hours": Column("GPU-hours", amount),
    "co2_lb": Column("CO2e (lb)", amount),
    "cost_preemptible_usd": Column("$ preemptible", amount),
    "cost_on_demand_usd": Column("$ on demand", amount),
    "sacrebleu": Column("SacreBLEU", one_digit),
}
"""How numbers are called and shown, by their names in the CSV file."""
AS_PRINTED = {
    "latency_ms": lambda ms: f"{ms / 1000:g} s" if ms >= 1000 and ms % 100 == 0 else f"{ms:g} ms",
    "parameters": lambda number: f"{number / 1e6:g}M",
    "flops": lambda number: f"{number / 1e9:g}G",
    **dict.fromkeys(("bleu", "inherited_bleu", "inherited_valid_loss", "size_mb"), "{:g}".format),
}
"""How printed numbers are shown that have fewer or more digits than ours."""


def comparison(
    ours: pd.DataFrame,
    columns: Sequence[str],
    *,
    name: str,
    caption: str,
    notes: Sequence[str],
    groups: Sequence[str] = PLACE,
) -> Table:
    """Our rows (task, device, the model's `name`, and `columns`) and those of the paper's table of that name, if any.

    Numbers of the latter stand in columns of their own, the last. A column of which nothing is known is left out.
    """
    ours = measured_first(ours.assign(model=ours["name"]))
    theirs = printed(table_key(name)).rename(columns={column: f"published_{column}" for column in columns})
    names = [*TEXT, *columns, *(f"published_{column}" for column in columns if f"published_{column}" in theirs)]
    rows = pd.concat([part.reindex(columns=names).astype(object) for part in (ours, theirs)], ignore_index=True)
    known = rows.dropna(axis="columns", how="all")
    note = "Published: as the paper prints it, for its own task and device; nothing of that was measured here."
    return Table(
        name=name,
        caption=caption,
        frame=known,
        columns={column: TEXT.get(column) or _column(column) for column in known},
        groups=groups,
        notes=[*notes, *([] if theirs.empty else [note])],
    )


def measured_first(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows without predictions of what was measured as well."""
    if not {"latency_ms", "predicted_ms"} <= {*rows}:
        return rows
    return rows.assign(predicted_ms=rows["predicted_ms"].where(rows["latency_ms"].isna()))


def _column(name: str) -> Column:
    plain = name.removeprefix("published_")
    column = COLUMNS[plain]
    return column if plain == name else Column(f"Published {column.title}", AS_PRINTED.get(plain, column.shown))


def named(models: pd.DataFrame) -> pd.DataFrame:
    """Gathered models with the `name` that readers know them by, and `known_ms`: measured or, failing that, predicted.

    A HAT model goes by its budget, a baseline by what is scaled, any other by its family or its own name.
    """
    names = models["family"].map(FAMILY_NAMES).fillna(models["model"])
    names = names.mask(models["family"].isin(SCALED), models["family"].map(SCALED) + sizes(models))
    return models.assign(name=names, known_ms=models["latency_ms"].fillna(models["predicted_ms"]))


def sizes(models: pd.DataFrame) -> pd.Series:
    """What sets a model apart in its family: its budget, decoder depth, width or name."""
    found = models["model"]
    for family, column in (("hat", "budget"), ("depth", "decoder_layers"), ("width", "decoder_embed_dim")):
        found = found.mask(models["family"] == family, models[column].astype(str))
    return found


def budget_marks(models: pd.DataFrame) -> pd.Series:
    """† missed its budget when chosen; ‡ better candidates did; § kept it by the uncertainty; ? timed when busy."""
    fits, late = models["fits"], models["confirmed_ms"].gt(models["budget_ms"])
    marked = {
        "†": fits.eq(False),
        "‡": models["rank"].gt(1),
        "§": fits.eq(True) & late,
        "?": models["doubtful"].eq(True),
    }
    shown = [applies.fillna(False).map({True: mark, False: ""}) for mark, applies in marked.items()]
    return pd.concat(shown, axis=1).sum(axis=1)


def ordered(
    rows: pd.DataFrame, by: Sequence[str], groups: Sequence[str] = PLACE, ascending: bool | Sequence[bool] = True
) -> pd.DataFrame:
    """The rows by task and device (or other `groups`) in their first order, and within these sorted."""
    parts = [
        part.sort_values([*by], ascending=ascending, kind="stable") for _, part in rows.groupby(groups, sort=False)
    ]
    return pd.concat(parts, ignore_index=True) if parts else rows


def facts(model: Any) -> str:
    """Size, latency (predicted where none was measured) and BLEU of a named model, as far as they are known."""
    how = " predicted" if pd.isna(model["latency_ms"]) else ""
    told = [large(model["parameters"])]
    told += [f"{latency(model['known_ms'])}{how}"] if pd.notna(model["known_ms"]) else []
    return ", ".join([*told, *([f"BLEU {model['bleu']:.1f}"] if pd.notna(model["bleu"]) else [])])


def arranged(models: pd.DataFrame, families: Sequence[str]) -> pd.DataFrame:
    """The models of these families with their names, by task and device, by family as listed, and by latency."""
    kept = named(models[models["family"].isin(families)])
    return ordered(kept.assign(family_order=kept["family"].map([*families].index)), ["family_order", "known_ms"])


def costed(models: pd.DataFrame) -> pd.DataFrame:
    """What Table 2 and Figure 10 show: given Transformers, the deepest other one, the Evolved Transformer, HAT."""
    depths = models["decoder_layers"].where(models["family"] == "depth")
    deepest = depths.groupby([models[name] for name in PLACE]).transform("max")
    kept = models[(models["family"] != "depth") | (depths == deepest)]
    return arranged(kept, ("given", "depth", "evolved", "hat"))


def with_twin(models: pd.DataFrame, family: str) -> pd.DataFrame:
    """Each model that has a twin of the same architecture in `family`, once; the twin's columns end in `_twin`."""
    twins = models[models["family"] == family].drop_duplicates(["task", "base"]).drop(columns=["model"])
    whole = named(models[models["family"] != family].drop_duplicates(["task", "model"]))
    return whole.merge(twins.rename(columns={"base": "model"}), on=["task", "model"], suffixes=("", "_twin"))


def bleu_notes(models: pd.DataFrame) -> list[str]:
    """Which BLEU it is, and that of which test set."""
    half = "± half of its 95% bootstrap interval over the test sentences, in BLEU of the same kind"
    scored = models[models["bleu"].notna()]
    kinds = scored.drop_duplicates("task").set_index("task")["bleu_kind"]
    said = [f"BLEU of {task}: {kind}; {half}." for task, kind in kinds.items()]
    return [*said, *(f"BLEU signature: `{signature}`" for signature in scored["bleu_signature"].unique())]
