"""What exhibits of models share: how models are called and ordered, and tables with the paper's numbers beside ours."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from hat.paper.gathered import PLACE
from hat.paper.published.facts import printed
from hat.paper.tables import DOUBTFUL, PAPER, Column, Table, is_set, significant, table_key

TEXT = {"task": Column("Task"), "device": Column("Device"), "model": Column("Model")}
FAMILY_NAMES = {
    "largest": "Largest SubTransformer",
    "smallest": "Smallest SubTransformer",
    "evolved": "Evolved Transformer",
    "lite": "Lite Transformer",
    "levenshtein": "Levenshtein Transformer",
}
"""Of families of one model."""
MACHINE = ["processor", "cores", "memory_gb", "threads", "engine", "engine_version", "dtype"]
"""What of a latency's signature tells one machine from another."""
LEAST_DRIFT, SPEEDS_APART = 0.8, 1.5
"""Of a device that was at one speed: the least median of a task's drifts; how many times the anchor's time for each
token may differ between tasks, whose vocabularies differ, too."""
UNSURE = ("uncertainty_ms", "doubtful")
"""What goes with a latency and is not shown in a column of its own."""
SCALED = {
    "hat": "HAT, budget ",
    "depth": "Transformer, decoder layers ",
    "width": "Transformer, width ",
    "random": "Random SubTransformer ",
}
"""Of families of several members."""


def latency(ms: float) -> str:
    scale, unit = (1000, "s") if ms >= 1000 else (1, "ms")
    return f"{ms / scale:.2f} {unit}" if ms < 100 or 1000 <= ms < 10_000 else f"{ms / scale:.1f} {unit}"


def count(number: float) -> str:
    return f"{number:,.0f}"


def large(number: float) -> str:
    """In thousands, millions or billions."""
    scale, letter = next((scale, letter) for scale, letter in ((1e9, "G"), (1e6, "M"), (1e3, "K")) if number >= scale)
    return f"{number / scale:.2f}{letter}"


one_digit, two_digits, three_digits = "{:.1f}".format, "{:.2f}".format, "{:.3f}".format
COLUMNS = {
    "latency_ms": Column("Latency (ms)", significant, measured=True),
    "predicted_ms": Column("Predicted latency (ms)", significant),
    "parameters": Column("#Params (M)", significant, unit=1e6),
    "flops": Column("FLOPs (M)", significant, unit=1e6),
    "budget_ms": Column("Budget (ms)", significant),
    "measured": Column("Models timed", count),
    "scored": Column("Scored", count),
    "timed_seconds": Column("Timing (s)", one_digit),
    "size_mb": Column("Size (MB)", two_digits),
    "file_mb": Column("File (MB)", two_digits),
    "reduction": Column("Reduction (×)", one_digit),
    "iterations": Column("Iterations", two_digits),
    "updates": Column("Updates", count),
    "valid_loss": Column("Validation loss", three_digits),
    "inherited_valid_loss": Column("Inherited loss", three_digits),
    "inherited_bleu": Column("Inherited BLEU", one_digit),
    "bleu": Column("BLEU", one_digit, half_width="bleu_half_width"),
    "hours": Column("Hours", significant),
    "gpu_hours": Column("GPU-hours", significant),
    "co2_lb": Column("CO2e (lb)", significant),
    "cost_preemptible_usd": Column("$ preemptible", significant),
    "cost_on_demand_usd": Column("$ on demand", significant),
    "sacrebleu": Column("SacreBLEU", one_digit, half_width="sacrebleu_half_width"),
}
"""How numbers are called and shown, by their names in the CSV file."""


def comparison(
    ours: pd.DataFrame,
    columns: Sequence[str],
    *,
    name: str,
    caption: str,
    notes: Sequence[str],
    groups: Sequence[str] = PLACE,
) -> Table:
    """Our rows (task, device, the model's `name`, and `columns`), below them those of the paper's table of that name.

    Where the paper has any, the first column tells the source of a row. Half widths among the columns stand behind
    their numbers. A column of which nothing is known is left out.
    """
    ours, theirs = measured_first(ours.assign(model=ours["name"], source="here")), printed(table_key(name))
    parts = [ours] if theirs.empty else [ours, theirs.assign(source=PAPER)]
    shown = {
        **({} if theirs.empty else {"source": Column("Source")}),
        **TEXT,
        **{name: COLUMNS[name] for name in columns if not name.endswith("_half_width")},
    }
    names = ["source", *TEXT, *columns, *(UNSURE if "latency_ms" in columns else ())]
    mixed = speed_notes(ours) if "latency_ms" in columns and "latency_signature" in ours else []
    rows = pd.concat([part.reindex(columns=names).astype(object) for part in parts], ignore_index=True)
    known = rows.dropna(axis="columns", how="all")
    note = "Source paper: as printed there, for its own task and device; nothing of that was measured here."
    return Table(
        name=name,
        caption=caption,
        frame=known,
        columns={name: column for name, column in shown.items() if name in known},
        groups=["source", *groups],
        notes=[*notes, *mixed, *([] if theirs.empty else [note])],
    )


def measured_first(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows without predictions of what was measured as well."""
    if not {"latency_ms", "predicted_ms"} <= {*rows}:
        return rows
    return rows.assign(predicted_ms=rows["predicted_ms"].where(rows["latency_ms"].isna()))


def named(models: pd.DataFrame) -> pd.DataFrame:
    """Gathered models with the `name` that readers know them by, and `known_ms`: measured or, failing that, predicted.

    A HAT model goes by its budget, a baseline by what is scaled, any other by its family or its own name.
    """
    names = models["family"].map(FAMILY_NAMES).fillna(models["model"])
    names = names.mask(models["family"].isin(SCALED), models["family"].map(SCALED) + sizes(models))
    return models.assign(name=names, known_ms=models["latency_ms"].fillna(models["predicted_ms"]))


def names_with_device(models: pd.DataFrame) -> pd.DataFrame:
    """Task, model and `name` of each: its device is told if it was searched for one, its base if it has one."""
    own = named(models.sort_values("budget", key=pd.isna, kind="stable")).drop_duplicates(["task", "model"])
    own = own.assign(name=own["name"] + (" for " + own["device"]).where(own["budget"].notna(), ""))
    whole = own[["task", "model", "name"]].rename(columns={"model": "base", "name": "whole"})
    own = own.merge(whole, on=["task", "base"], how="left")
    ways = [str(name).removeprefix(f"{base}-") for name, base in zip(own["model"], own["base"], strict=True)]
    return own[["task", "model"]].assign(name=(own["whole"] + ", " + pd.Series(ways)).fillna(own["name"]))


def sizes(models: pd.DataFrame) -> pd.Series:
    """What sets a model apart in its family: its budget, decoder depth, width, number or name."""
    found = models["model"]
    found = found.mask(models["family"] == "random", found.str.removeprefix("random-"))
    for family, column in (("hat", "budget"), ("depth", "decoder_layers"), ("width", "decoder_embed_dim")):
        found = found.mask(models["family"] == family, models[column].astype(str))
    return found


def budget_marks(models: pd.DataFrame) -> pd.Series:
    """† missed its budget when chosen; ‡ better candidates did; § kept it by the uncertainty."""
    fits, late = models["fits"], models["confirmed_ms"].gt(models["budget_ms"])
    marked = {
        "†": fits.eq(False),
        "‡": models["rank"].gt(1),
        "§": fits.eq(True) & late,
    }
    shown = [applies.fillna(False).map({True: mark, False: ""}) for mark, applies in marked.items()]
    return pd.concat(shown, axis=1).sum(axis=1)


def all_marks(models: pd.DataFrame) -> pd.Series:
    """Those, and that of a latency which was taken on a busy machine."""
    return budget_marks(models) + models["doubtful"].map(lambda flag: DOUBTFUL * is_set(flag)).astype(str)


def ordered(
    rows: pd.DataFrame, by: Sequence[str], groups: Sequence[str] = PLACE, ascending: bool | Sequence[bool] = True
) -> pd.DataFrame:
    """The rows by task and device (or other `groups`) in their first order, and within these sorted."""
    parts = [
        part.sort_values([*by], ascending=ascending, kind="stable") for _, part in rows.groupby(groups, sort=False)
    ]
    return pd.concat(parts, ignore_index=True) if parts else rows


def facts(model: Any) -> str:
    """Size, latency (marked, or predicted where none was measured) and BLEU of a named model, as far as known."""
    how = " predicted" if pd.isna(model["latency_ms"]) else ""
    told = [large(model["parameters"])]
    busy = DOUBTFUL * is_set(model["doubtful"])
    told += [f"{latency(model['known_ms'])}{busy}{how}"] if pd.notna(model["known_ms"]) else []
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


def speed_notes(models: pd.DataFrame) -> list[str]:
    """A line for each device whose latencies are not those of one machine at one speed."""
    timed = models.dropna(subset=["latency_signature"])
    said = [
        f"{device} was {1 / drift:.1f} times faster when the models of {task} were timed than when its own speed was: "
        "perhaps it was busy then, and all their latencies are too large by as much."
        for (task, device), drift in timed.groupby(["task", "device"], sort=False)["drift"].median().items()
        if drift < LEAST_DRIFT
    ]
    for device, rows in timed.drop_duplicates(["task", "device"]).groupby("device", sort=False):
        words = [dict(word.partition(":")[::2] for word in each.split("|")) for each in rows["latency_signature"]]
        signed = pd.DataFrame(words, index=rows.index, columns=[*MACHINE, "anchor"], dtype=object).fillna("")
        if apart := [f"{name} {' or '.join(known)}" for name in MACHINE if len(known := signed[name].unique()) > 1]:
            said.append(f"{device} is not one machine: {'; '.join(apart)}. Compare within a task alone.")
            continue
        a_token = (rows["anchor_ms"] / rows["sentence_length"]).groupby(signed["anchor"])
        if (times := (a_token.max() / a_token.min()).max()) > SPEEDS_APART:
            speeds = "; ".join(rows["task"] + rows["anchor_ms"].map(" {:.2f} ms".format))
            told = f"the anchor is {times:.1f} times slower in one task than in another, token for token ({speeds})"
            said.append(f"{device}: {told}. Compare within a task alone.")
    return said


def bleu_notes(models: pd.DataFrame) -> list[str]:
    """Which BLEU it is, and that of which test set."""
    half = "± half of its 95% bootstrap interval over the test sentences, in BLEU of the same kind"
    scored = models[models["bleu"].notna()]
    kinds = scored.drop_duplicates("task").set_index("task")["bleu_kind"]
    said = [f"BLEU of {task}: {kind}; {half}." for task, kind in kinds.items()]
    cut = scored[scored["cut"].gt(0)].drop_duplicates(["task", "model"])
    cut = cut[["task", "model", "cut", "sentences"]].merge(names_with_device(models), on=["task", "model"])
    told = cut["name"] + " (" + cut["cut"].astype(str) + " of " + cut["sentences"].astype(str) + ")"
    said += [
        f"Translations of {task} cut at the greatest length (`max_len_b`), which takes from BLEU: {'; '.join(cuts)}."
        for task, cuts in told.groupby(cut["task"], sort=False)
    ]
    return [*said, *(f"BLEU signature: `{signature}`" for signature in scored["bleu_signature"].unique())]
