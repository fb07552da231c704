"""What the rules of an experiment wrote, read as tidy frames: one of the kinds in columns.csv at a time.

Each reader takes what the experiment asks for (`asked`: the task, the device and, where there is one, the budget or
model) and the files that belong to it, and returns their rows. A file that is missing, lacks a key or says of itself
that it is of something else is an InputError. What computing costs is found here: a changed price trains nothing anew.
"""

import hashlib
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hat.architecture import DesignSpace, SubTransformer
from hat.budgets import Budget
from hat.cost import count_flops, count_parameters
from hat.errors import InputError
from hat.files import JsonFile, read_csv
from hat.footprint import Footprint, flops_per_token, mean_flops_per_token, projection_flops, training
from hat.latency.doubt import is_doubtful
from hat.paper.gathered import KINDS, read_columns
from hat.paper.published.facts import published_model
from hat.search.limits import SizeLimit

Asked = Mapping[str, str]
RIVALS = ("evolved", "lite", "levenshtein")
"""Families whose size no closed form gives: it is counted when they are timed."""
COSTS = ("gpu_hours", "co2_lb", "cost_preemptible_usd", "cost_on_demand_usd")
BLEU_KINDS = {"tokenized": "tokenized_bleu", "compound-split": "compound_split_bleu"}
FILES = ("score", "latency", "predictions", "confirmed", "report")
"""What the row of a model may come from."""
DIMS = ("encoder_layers", "decoder_layers", "encoder_embed_dim", "decoder_embed_dim")
WITH_INTERVAL = (*BLEU_KINDS.values(), "sacrebleu")


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
    facts: Mapping[str, str | None],
    architecture: Path,
    files: Mapping[str, Path | None],
    work: Workload,
    shared: SharedTraining | None = None,
) -> pd.DataFrame:
    """The row of one model on one device.

    `facts` are its `family`, its `base`, the `budget` that it was searched for on this very device, and the task's
    `bleu_kind`. `files` are, None where there is none, its `score`, `report`, `latency`, `confirmed` (what its search
    found), and the `predictions` for a device that is not at hand.
    """
    name, timed_as = asked["model"], facts["base"] or asked["model"]
    budget = Budget.parse(facts["budget"]) if facts["budget"] else None
    place, trained = {key: asked[key] for key in ("task", "device")}, {"task": asked["task"], "model": name}
    searched = place | {"budget": budget.name} if budget else place
    latency, confirmed = _json(files["latency"], place | {"model": timed_as}), _json(files["confirmed"], searched)
    score, report = _json(files["score"], trained), _json(files["report"], trained)
    sub = SubTransformer.load(architecture)
    rival = latency if facts["family"] in RIVALS else None
    budget_ms = confirmed.number("budget_ms") if confirmed else None
    row: dict[str, Any] = {
        **asked,
        **facts,
        "predicted_ms": _predicted(files["predictions"], timed_as),
        **(_numbers(confirmed, "budget_ms", "predicted_ms", "rank") | {"fits": confirmed["fits"]} if confirmed else {}),
        **({"confirmed_ms": confirmed.number("latency_ms")} if confirmed and "latency_ms" in confirmed else {}),
        **(_timing(latency) if latency else {}),
        **{dim: getattr(sub, dim) for dim in DIMS},
        "parameters": count_parameters(sub),
        "flops": count_flops(sub, work.sentence_length),
        **(_numbers(rival, "parameters", "flops") if rival else {}),
        "sentence_length": work.sentence_length,
        **(_scores(score, BLEU_KINDS[str(facts["bleu_kind"])]) if score else {}),
        **(_made(report) if report else {}),
        **(_costs(asked, report, _flops_per_token(sub, rival, work), work, shared) if report else {}),
        **published_model(**place, model=name, budget_ms=None if budget and budget.is_sized else budget_ms),
        "architecture": sub.key,
        **{f"{kind}_file": path.as_posix() for kind, path in {**files, "architecture": architecture}.items() if path},
    }
    return pd.DataFrame([row])


def read(kind: str, asked: Asked, *files: Path) -> pd.DataFrame:
    """The rows of any kind but `models`: of a CSV file with its columns, unless a reader of its own knows better."""
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


def predictors(asked: Asked, report: Path) -> pd.DataFrame:
    found = _read_json(report, asked)
    chosen = str(found["chosen"])
    errors = {name: found["models", chosen, "test", name] for name in ("rmse_ms", "mape", "kendall_tau")}
    return pd.DataFrame([{**asked, **_numbers(found, "samples", "left_out"), "chosen": chosen, **errors}])


def samples(asked: Asked, samples: Path, signature: Path) -> pd.DataFrame:
    length = int(_read_json(signature, asked).number("signature", "sentence_length"))
    flops = [count_flops(SubTransformer.from_row(row, samples), length) for row in read_csv(samples)]
    found = table(asked, dict.fromkeys(("latency_ms", "p50_ms", "drift", "runs"), "number"), samples)
    doubtful = [is_doubtful(numbers) for numbers in found.drop(columns=[*asked]).to_dict("records")]
    return found[[*asked, "latency_ms"]].assign(flops=flops, doubtful=doubtful)


def signatures(asked: Asked, signature: Path) -> pd.DataFrame:
    found = _read_json(signature, asked)
    protocol = {name: found.number("signature", name) for name in ("sentence_length", "runs")}
    return pd.DataFrame([{**asked, **protocol, **_numbers(found, "anchor_ms")}])


def stand_ins(asked: Asked, candidates: Path) -> pd.DataFrame:
    best = SubTransformer.from_row(read_csv(candidates)[0], candidates)
    return table(asked, {"predicted_ms": "number"}, candidates).head(1).assign(parameters=count_parameters(best))


def offers(asked: Asked, history: Path, budgets: Path) -> pd.DataFrame:
    """The best that one search for all budgets scored within this one; no row where there is none."""
    within_ms = _read_json(budgets, asked).number("budgets", asked["budget"], "latency_ms")
    limit = SizeLimit.load(budgets, asked["budget"])
    here = {name: value for name, value in asked.items() if name != "budget"}
    found = table(here, {"predicted_ms": "number", "loss": "number"}, history).assign(row=read_csv(history), **asked)
    found = found[found["predicted_ms"] <= within_ms].sort_values(["loss", "predicted_ms"])
    kept = (index for index, row in found["row"].items() if limit.kept_by(SubTransformer.from_row(row, history)))
    return found.loc[[*itertools.islice(kept, 1)]]


def budgets(asked: Asked, budgets: Path) -> pd.DataFrame:
    found, name = _read_json(budgets, asked), asked["budget"]
    text, latency_ms = found["budgets", name, "text"], found.number("budgets", name, "latency_ms")
    return pd.DataFrame([{**asked, "text": text, "latency_ms": latency_ms}])


def confirmed(asked: Asked, offline: Path, online: Path) -> pd.DataFrame:
    """Both searches for one budget; what the search online timed stands in its report."""
    names = ("budget_ms", "latency_ms", "uncertainty_ms", "loss")
    rows = []
    for search, path, more in (("offline", offline, ()), ("online", online, ("measured", "timed_seconds"))):
        found = _read_json(path, asked)
        rows.append({**asked, "search": search, **_numbers(found, *names, *more), "doubtful": found["doubtful"]})
    return pd.DataFrame(rows)


READERS: Mapping[str, Callable[..., pd.DataFrame]] = {
    each.__name__: each for each in (predictors, samples, signatures, stand_ins, offers, budgets, confirmed)
}


def _json(path: Path | None, asked: Asked) -> JsonFile | None:
    return None if path is None else _read_json(path, asked)


def _read_json(path: Path, asked: Asked) -> JsonFile:
    """The file, which must not say of itself that it is of another task, device, budget or model than is asked for."""
    found = JsonFile(path)
    for name, wanted in asked.items():
        if name in found:
            _agree(path, name, found[name], wanted)
    if "signature" in found and "device" in asked:
        _agree(path, "device", found["signature", "device"], asked["device"])
    return found


def _agree(place: str | Path, name: str, found: object, wanted: str) -> None:
    if found != wanted:
        raise InputError(place, f"{name}: {found!r}", f"{wanted!r}, as the experiment asks")


def _numbers(found: JsonFile, *names: str) -> dict[str, float]:
    return {name: found.number(name) for name in names}


def _predicted(predictions: Path | None, model: str) -> float | None:
    if predictions is None:
        return None
    found = read_columns(predictions, {"model": "text", "predicted_ms": "number"}).set_index("model")["predicted_ms"]
    if model not in found:
        raise InputError(predictions, f"no model {model!r}", ", ".join(found.index))
    return float(found[model])


def _timing(latency: JsonFile) -> dict[str, Any]:
    """Times and, of a Levenshtein Transformer, iterations; in the signature a hash stands for the anchor's long key."""
    iterated = ("iterations", "published_iterations", "published_iterations_ms")
    times = _numbers(
        latency,
        "latency_ms",
        "uncertainty_ms",
        "p50_ms",
        "p90_ms",
        "drift",
        *(name for name in iterated if name in latency),
    )
    times["anchor_ms"] = latency.positive("anchor_ms") / latency.positive("drift")
    times["doubtful"] = bool(latency.get("doubtful"))
    signature = latency["signature"]
    short = {"anchor": hashlib.sha256(str(signature.get("anchor")).encode()).hexdigest()[:8]}
    return times | {"latency_signature": "|".join(f"{name}:{short.get(name, signature[name])}" for name in signature)}


def _scores(score: JsonFile, bleu: str) -> dict[str, Any]:
    half_widths = {name: score.number("confidence", name, "half_width") for name in WITH_INTERVAL}
    return {
        **_numbers(score, *WITH_INTERVAL, "chrf2", "sentences", "cut"),
        **{f"{name}_half_width": half_width for name, half_width in half_widths.items()},
        **{"bleu": score.number(bleu), "bleu_half_width": half_widths[bleu]},
        "bleu_signature": str(score["signatures", bleu]),
        "sacrebleu_signature": str(score["signatures", "sacrebleu"]),
    }


def _made(report: JsonFile) -> dict[str, Any]:
    """What the command that made a model says of it; each says what applies."""
    names = {name: name for name in ("updates", "valid_loss", "bits", "file_bytes", "unquantised_file_bytes")}
    renamed = {"best_valid_loss": "valid_loss", "embeddings": "quantised_embeddings"}
    return {column: report[name] for name, column in (renamed | names).items() if name in report}


def _costs(
    asked: Asked, report: JsonFile, own_flops: float, work: Workload, shared: SharedTraining | None
) -> dict[str, Any]:
    """Time and money of a training (`own_flops` a token) and the SuperTransformer's, if shared; none if untrained."""
    if "tokens" not in report:
        return {}
    trainings = [(report, own_flops)]
    if shared is not None:
        mean = mean_flops_per_token(shared.space, work.sentence_length, work.vocabulary, shared.seed)
        trainings.append((_read_json(shared.report, {"task": asked["task"]}), mean))
    footprint = Footprint(sum(training(flops, each.number("tokens")).gpu_hours for each, flops in trainings))
    seconds = sum(each.number("seconds") for each, _ in trainings)
    return {"training_seconds": seconds, **{name: getattr(footprint, name) for name in COSTS}}


def _flops_per_token(sub: SubTransformer, rival: JsonFile | None, work: Workload) -> float:
    """FLOPs of a forward pass in training for each target token, vocabulary projection included."""
    if rival is None:
        return flops_per_token(sub, work.sentence_length, work.vocabulary)
    projection = projection_flops(sub.decoder_embed_dim, work.vocabulary)
    return rival.number("training_flops") / work.sentence_length + projection
