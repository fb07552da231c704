"""What the rules of an experiment wrote, read as tidy frames: one function for each kind of `hat.paper.gathered.KINDS`.

Each takes what the experiment asks for (`asked`: the task, the device and, where there is one, the budget or model) and
the files that belong to it, and returns their rows. A file that says of itself that it is of something else, that is
missing or lacks a key is an InputError. What computing costs is found here, so that a changed price trains nothing anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hat.architecture import DesignSpace, SubTransformer
from hat.budgets import budget_name
from hat.cost import count_flops, count_parameters
from hat.errors import InputError
from hat.files import JsonFile, read_csv
from hat.footprint import Footprint, flops_per_token, mean_flops_per_token, projection_flops, training
from hat.frames import read_frame
from hat.paper.gathered import KINDS, read_columns
from hat.paper.published.facts import published_model

Asked = Mapping[str, str]
COSTS = ("gpu_hours", "co2_lb", "cost_preemptible_usd", "cost_on_demand_usd")
BLEU_KINDS = {"tokenized": "tokenized_bleu", "compound-split": "compound_split_bleu"}
WITH_INTERVAL = ("tokenized_bleu", "compound_split_bleu", "sacrebleu")
RIVALS = ("evolved", "lite", "levenshtein")
"""Families whose size no closed form gives: it is counted when they are timed."""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What sizes and costs depend on besides the architecture."""

    sentence_length: int
    vocabulary: int = 0
    """Of the target side; it counts only where something is trained."""


@dataclass(frozen=True, kw_only=True)
class SharedTraining:
    """That of the SuperTransformer, which Table 2 counts with the training of each SubTransformer."""

    report: Path
    space: DesignSpace
    seed: int


def model(
    asked: Asked,
    *,
    family: str,
    base: str | None,
    budget: str | None,
    bleu_kind: str,
    work: Workload,
    architecture: Path,
    score: Path | None = None,
    latency: Path | None = None,
    predictions: Path | None = None,
    confirmed: Path | None = None,
    report: Path | None = None,
    shared: SharedTraining | None = None,
) -> pd.DataFrame:
    """The row of one model on one device, from the files that its rules wrote.

    `predictions` are those for a device that is not at hand; a search has its own. `budget` is what the model was
    searched for on this very device.
    """
    sub = SubTransformer.load(architecture)
    place = {key: asked[key] for key in ("task", "device")}
    trained = {key: asked[key] for key in ("task", "model")}
    timed = _json(latency, {**asked, "model": base or asked["model"]}) if latency else None
    chosen = _json(confirmed, {**place, **({"budget": budget_name(budget)} if budget else {})}) if confirmed else None
    made = _json(report, trained) if report else None
    rival = timed if family in RIVALS else None
    budget_ms = chosen.number("budget_ms") if chosen else None
    facts: dict[str, Any] = {
        **asked,
        "family": family,
        "base": base,
        "budget": budget,
        "predicted_ms": _predicted(predictions, base or asked["model"], place) if predictions else None,
        **(_choice(chosen) if chosen else {}),
        **(_timing(timed) if timed else {}),
        **{name: getattr(sub, name) for name in ("encoder_layers", "decoder_layers")},
        **{name: getattr(sub, name) for name in ("encoder_embed_dim", "decoder_embed_dim")},
        "parameters": count_parameters(sub),
        "flops": count_flops(sub, work.sentence_length),
        **(_numbers(rival, "parameters", "flops") if rival else {}),
        "sentence_length": work.sentence_length,
        "bleu_kind": bleu_kind,
        **(_scores(_json(score, trained), bleu_kind) if score else {}),
        **(_report(made) if made else {}),
        **(_costs(asked, made, _flops_per_token(sub, rival, work), work, shared) if made else {}),
        **published_model(**place, model=asked["model"], budget_ms=budget_ms),
        "architecture": sub.key,
    }
    files = {"architecture": architecture, "score": score, "latency": latency, "confirmed": confirmed, "report": report}
    for name, path in files.items():
        facts[f"{name}_file"] = path.as_posix() if path else None
    return pd.DataFrame([facts])


def predictors(asked: Asked, report: Path) -> pd.DataFrame:
    found = _json(report, asked)
    chosen = str(found["chosen"])
    errors = {name: found["models", chosen, "test", name] for name in ("rmse_ms", "mape", "kendall_tau")}
    counts = {name: found.number(name) for name in ("samples", "left_out")}
    return pd.DataFrame([{**asked, **counts, "chosen": chosen, **errors}])


def samples(asked: Asked, samples: Path, signature: Path) -> pd.DataFrame:
    length = int(_json(signature, asked).number("signature", "sentence_length"))
    flops = [count_flops(SubTransformer.from_row(row, samples), length) for row in read_csv(samples)]
    return table(asked, {"latency_ms": "number"}, samples).assign(flops=flops)


def signatures(asked: Asked, signature: Path) -> pd.DataFrame:
    found = _json(signature, asked)
    protocol = {name: found.number("signature", name) for name in ("sentence_length", "runs")}
    return pd.DataFrame([{**asked, **protocol, **_numbers(found, "samples", "drifted", "anchor_ms")}])


def stand_ins(asked: Asked, candidates: Path) -> pd.DataFrame:
    best = SubTransformer.from_row(read_csv(candidates)[0], candidates)
    first = table(asked, {"predicted_ms": "number"}, candidates).head(1)
    return first.assign(parameters=count_parameters(best))


def budgets(asked: Asked, budgets: Path) -> pd.DataFrame:
    found = _json(budgets, asked)
    name = asked["budget"]
    text, latency_ms = found["budgets", name, "text"], found.number("budgets", name, "latency_ms")
    return pd.DataFrame([{**asked, "text": text, "latency_ms": latency_ms}])


def confirmed(asked: Asked, offline: Path, online: Path) -> pd.DataFrame:
    """Both searches for one budget; what the search online timed stands in its report."""
    rows = []
    for search, path, timed in (("offline", offline, ()), ("online", online, ("measured", "timed_seconds"))):
        facts = _numbers(_json(path, asked), "budget_ms", "latency_ms", "loss", *timed)
        rows.append({**asked, "search": search, **facts})
    return pd.DataFrame(rows)


READERS: Mapping[str, Callable[..., pd.DataFrame]] = {
    "predictors": predictors,
    "samples": samples,
    "signatures": signatures,
    "stand_ins": stand_ins,
    "budgets": budgets,
    "confirmed": confirmed,
}
"""Of kinds that are more than a file with these columns; models are more than that, too."""


def read(kind: str, asked: Asked, *files: Path) -> pd.DataFrame:
    """The rows of any kind but `models`."""
    if kind in READERS:
        return READERS[kind](asked, *files)
    return table(asked, {name: word for name, word in KINDS[kind].items() if name not in asked}, *files)


def table(asked: Asked, columns: Mapping[str, str], path: Path) -> pd.DataFrame:
    """These columns of a CSV file, and what is asked for."""
    stated = {name: "text" for name in read_csv(path)[0] if name in asked}
    frame = read_columns(path, {**columns, **stated})
    for name in stated:
        for line, found in enumerate(frame[name], start=2):
            _agree(f"{path}: line {line}", name, found, asked[name])
    return frame.assign(**asked)


def _json(path: Path, asked: Asked) -> JsonFile:
    """The file, which must not say of itself that it is of another task, device, budget or model than is asked for."""
    found = JsonFile(path)
    for name, wanted in asked.items():
        if name in found:
            _agree(path, name, found[name], wanted)
        if name == "device" and "signature" in found and name in found["signature"]:
            _agree(path, "signature > device", found["signature"][name], wanted)
    return found


def _agree(place: str | Path, name: str, found: object, wanted: str) -> None:
    if found != wanted:
        raise InputError(place, f"{name}: {found!r}", f"{wanted!r}, as the experiment asks")


def _numbers(found: JsonFile, *names: str) -> dict[str, float]:
    return {name: found.number(name) for name in names}


def _predicted(predictions: Path, model: str, place: Asked) -> float:
    frame = read_frame(predictions, numbers=["predicted_ms"], text=["model"])
    of_model = frame.loc[frame["model"] == model, "predicted_ms"]
    if of_model.empty:
        raise InputError(predictions, f"no model {model!r}", ", ".join(frame["model"]))
    return float(of_model.iloc[0])


def _choice(chosen: JsonFile) -> dict[str, Any]:
    return {**_numbers(chosen, "budget_ms", "predicted_ms", "rank"), "fits": chosen["fits"]}


def _timing(timed: JsonFile) -> dict[str, Any]:
    iterated = ("iterations", "published_iterations", "published_iterations_ms")
    return {
        **_numbers(timed, "latency_ms", "p50_ms", "p90_ms", "drift", *(name for name in iterated if name in timed)),
        "latency_signature": _one_line(timed["signature"]),
    }


def _scores(score: JsonFile, bleu_kind: str) -> dict[str, Any]:
    bleu = BLEU_KINDS[bleu_kind]
    half_widths = {name: score.number("confidence", name, "half_width") for name in WITH_INTERVAL}
    return {
        **_numbers(score, *WITH_INTERVAL, "chrf2", "sentences"),
        **{f"{name}_half_width": half_width for name, half_width in half_widths.items()},
        "bleu": score.number(bleu),
        "bleu_half_width": half_widths[bleu],
        "bleu_signature": str(score["signatures", bleu]),
        "sacrebleu_signature": str(score["signatures", "sacrebleu"]),
    }


def _report(made: JsonFile) -> dict[str, Any]:
    """What the command that made a model says of it; each says what applies."""
    names = {
        "valid_loss": "valid_loss" if "valid_loss" in made else "best_valid_loss",
        "quantised_embeddings": "embeddings",
        **{name: name for name in ("updates", "bits", "file_bytes", "unquantised_file_bytes")},
    }
    return {column: made[name] for column, name in names.items() if name in made}


def _costs(
    asked: Asked, made: JsonFile, own_flops: float, work: Workload, shared: SharedTraining | None
) -> dict[str, Any]:
    """Time and money of a training (`own_flops` a token) and, if counted, the SuperTransformer's. Not all is trained."""
    if "tokens" not in made:
        return {}
    trainings = [(made, own_flops)]
    if shared is not None:
        mean = mean_flops_per_token(shared.space, work.sentence_length, work.vocabulary, shared.seed)
        trainings.append((_json(shared.report, {"task": asked["task"]}), mean))
    footprint = Footprint(sum(training(flops, report.number("tokens")).gpu_hours for report, flops in trainings))
    seconds = sum(report.number("seconds") for report, _ in trainings)
    return {"training_seconds": seconds, **{name: getattr(footprint, name) for name in COSTS}}


def _flops_per_token(sub: SubTransformer, rival: JsonFile | None, work: Workload) -> float:
    """FLOPs of a forward pass in training for each target token, vocabulary projection included."""
    if rival is None:
        return flops_per_token(sub, work.sentence_length, work.vocabulary)
    projection = projection_flops(sub.decoder_embed_dim, work.vocabulary)
    return rival.number("training_flops") / work.sentence_length + projection


def _one_line(signature: Mapping[str, Any]) -> str:
    """A latency's signature to print: the anchor's long key becomes the start of its SHA-256."""
    short = {"anchor": hashlib.sha256(str(signature.get("anchor")).encode()).hexdigest()[:8]}
    return "|".join(f"{name}:{short.get(name, value)}" for name, value in signature.items())
