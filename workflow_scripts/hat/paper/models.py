"""The tidy table behind tables and figures: one row for each task, model and device, with units and provenance."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

from hat.architecture import SubTransformer
from hat.cost import count_flops, count_parameters
from hat.errors import InputError
from hat.files import JsonFile, read_csv, read_json, write_csv
from hat.paper.published.facts import published_model

FAMILIES = {
    "hat": "HAT",
    "depth": "Depth scaling",
    "width": "Width scaling",
    "given": "Given architecture",
    "largest": "Largest SubTransformer",
    "smallest": "Smallest SubTransformer",
    "random": "Random SubTransformer",
    "inherited": "Inherited weights",
    "finetuned": "Inherited and fine-tuned",
    "quantised": "Quantised",
    "distilled": "Distilled",
    "evolved": "Evolved Transformer",
    "lite": "Lite Transformer",
    "levenshtein": "Levenshtein Transformer",
}
BLEU_KINDS = {"tokenized": "tokenized_bleu", "compound-split": "compound_split_bleu"}


@dataclass(frozen=True, kw_only=True)
class ModelRow:
    """One model of one task on one device. Times are milliseconds, measured unless their name says otherwise.

    Measurements are None where the device is not at hand, scores where nothing was trained.
    """

    task: str
    hardware: str
    model: str
    family: str
    """One of `FAMILIES`."""
    base: str | None
    """The model that it shares its architecture and its latency with, where its weights come from elsewhere."""
    budget: str | None
    """The latency budget as the experiment states it (25%, 120ms); HAT models only."""
    budget_ms: float | None
    predicted_ms: float | None
    fits: bool | None
    """Whether its latency, measured when it was chosen, is within the budget."""
    rank: int | None
    """Its place among the candidates of the search: 1 unless better ones missed the budget when measured."""
    latency_ms: float | None
    p50_ms: float | None
    p90_ms: float | None
    drift: float | None
    """How slow the machine was during the measurement; the times are corrected for it (`hat.latency.signature`)."""
    iterations: float | None
    """Mean iterations of a Levenshtein Transformer in that time; for `published_iterations`, the mean that the paper
    adopts, it would take `published_iterations_ms`."""
    published_iterations: float | None
    published_iterations_ms: float | None
    encoder_layers: int
    decoder_layers: int
    encoder_embed_dim: int
    decoder_embed_dim: int
    parameters: int
    """Without embeddings and output layer."""
    flops: int
    """Of one sentence pair of `sentence_length` tokens a side, without the vocabulary projection."""
    sentence_length: int
    bleu_kind: str
    """Which of the two BLEUs the paper reports for this task: one of `BLEU_KINDS`."""
    tokenized_bleu: float | None
    tokenized_bleu_half_width: float | None
    compound_split_bleu: float | None
    compound_split_bleu_half_width: float | None
    sacrebleu: float | None
    sacrebleu_half_width: float | None
    chrf2: float | None
    sentences: int | None
    valid_loss: float | None
    """Label-smoothed cross-entropy per validation token, base 2: the best of the training, or as inherited."""
    updates: int | None
    training_seconds: float | None
    """Computing alone, on whatever machine it was; for Table 2 with the SuperTransformer's."""
    gpu_hours: float | None
    """What that would be on a V100: not measured (`hat.footprint`)."""
    bits: int | None
    """Of each quantised weight."""
    quantised_embeddings: bool | None
    file_bytes: int | None
    """The model as it is stored; of quantised models, packed. `unquantised_file_bytes` is what it was before."""
    unquantised_file_bytes: int | None
    published_latency_ms: float | None
    """As printed in the paper, like all that is called published; never mixed with measurements."""
    published_params_m: float | None
    published_flops_g: float | None
    published_bleu: float | None
    published_sacrebleu: float | None
    bleu_signature: str | None
    sacrebleu_signature: str | None
    latency_signature: str | None
    architecture: str
    """As its key (`SubTransformer.key`)."""
    architecture_file: str
    score_file: str | None
    latency_file: str | None
    confirmed_file: str | None
    report_file: str | None

    @property
    def bleu(self) -> float | None:
        """The BLEU that the paper reports for this task."""
        return self.compound_split_bleu if self.bleu_kind == "compound-split" else self.tokenized_bleu

    @property
    def bleu_half_width(self) -> float | None:
        compound_split = self.bleu_kind == "compound-split"
        return self.compound_split_bleu_half_width if compound_split else self.tokenized_bleu_half_width

    @property
    def known_ms(self) -> float:
        """The measured latency, or where there is none the predicted one: what rows are sorted by."""
        known = self.predicted_ms if self.latency_ms is None else self.latency_ms
        return float("inf") if known is None else known

    @property
    def size(self) -> str:
        """What sets the model apart in its family: its budget, decoder depth, width or name."""
        sizes = {
            "hat": self.budget,
            "depth": self.decoder_layers,
            "width": self.decoder_embed_dim,
            "given": self.model,
        }
        return str(sizes.get(self.family, self.model))

    @property
    def sub(self) -> SubTransformer:
        return SubTransformer.from_dict(json.loads(self.architecture))


def model_row(
    *,
    task: str,
    hardware: str,
    model: str,
    family: str,
    budget: str | None,
    bleu_kind: str,
    sentence_length: int,
    architecture: Path,
    score: Path | None,
    latency: Path | None,
    predicted_ms: float | None,
    confirmed: Path | None,
    report: Path | None,
    base: str | None,
    supertransformer: Path | None = None,
    root: Path,
) -> ModelRow:
    """The row of one model from the files that its rules wrote. Files are named relative to the folder `root`.

    `predicted_ms` is for devices that are not at hand; a search has its own prediction. The training of the
    `supertransformer`, if it is given, counts with the model's own. InputError names the file that is missing or lacks
    a key.
    """
    sub = SubTransformer.load(architecture)
    choice = JsonFile(confirmed) if confirmed else None
    budget_ms = choice.number("budget_ms") if choice else None
    published = published_model(task, hardware, model=model, budget_ms=budget_ms)
    printed = {f"published_{name}": value for name, value in vars(published).items()} if published else {}
    facts: dict[str, Any] = {
        "task": task,
        "hardware": hardware,
        "model": model,
        "family": family,
        "base": base,
        "budget": budget,
        "budget_ms": budget_ms,
        "predicted_ms": choice.number("predicted_ms") if choice else predicted_ms,
        "fits": choice["fits"] if choice else None,
        "rank": int(choice.number("rank")) if choice else None,
        **(_timed(latency) if latency else {}),
        "encoder_layers": sub.encoder_layers,
        "decoder_layers": sub.decoder_layers,
        "encoder_embed_dim": sub.encoder_embed_dim,
        "decoder_embed_dim": sub.decoder_embed_dim,
        "parameters": count_parameters(sub),
        "flops": count_flops(sub, sentence_length),
        "sentence_length": sentence_length,
        "bleu_kind": bleu_kind,
        **(_scored(score, bleu_kind) if score else {}),
        **(_made(report, supertransformer) if report else {}),
        **printed,
        "architecture": sub.key,
    }
    files = {
        "architecture": architecture,
        "score": score,
        "latency": latency,
        "confirmed": confirmed,
        "report": report,
    }
    for name, path in files.items():
        if path is not None:
            shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
            facts[f"{name}_file"] = shown
    nothing: dict[str, Any] = dict.fromkeys(ModelRow.__dataclass_fields__)
    return ModelRow(**(nothing | facts))


def _timed(latency: Path) -> dict[str, Any]:
    timing = JsonFile(latency)
    times = {name: timing.number(name) for name in ("latency_ms", "p50_ms", "p90_ms", "drift")}
    return {**times, **_iterated(read_json(latency)), "latency_signature": _one_line(timing["signature"])}


def _iterated(latency: dict[str, Any]) -> dict[str, Any]:
    names = ("iterations", "published_iterations", "published_iterations_ms")
    return {name: latency[name] for name in names if name in latency}


def _scored(score: Path, bleu_kind: str) -> dict[str, Any]:
    scores = JsonFile(score)
    with_interval = ("tokenized_bleu", "compound_split_bleu", "sacrebleu")
    return {
        **{name: scores.number(name) for name in (*with_interval, "chrf2")},
        **{f"{name}_half_width": scores.number("confidence", name, "half_width") for name in with_interval},
        "sentences": int(scores.number("sentences")),
        "bleu_signature": str(scores["signatures", BLEU_KINDS[bleu_kind]]),
        "sacrebleu_signature": str(scores["signatures", "sacrebleu"]),
    }


def _made(report: Path, supertransformer: Path | None) -> dict[str, Any]:
    """What the command that made a model tells of that; each tells what applies to it."""
    facts = read_json(report)
    shared = read_json(supertransformer) if supertransformer else {}
    counted = {name: facts[name] for name in ("parameters", "flops")} if "flops" in facts else {}
    spent = {name: facts[name] + shared.get(name, 0) for name in ("seconds", "gpu_hours") if name in facts}
    return {
        **counted,  # of what is no Transformer no closed form tells
        "gpu_hours": spent.get("gpu_hours"),
        "valid_loss": facts.get("valid_loss", facts.get("best_valid_loss")),
        "updates": facts.get("updates"),
        "training_seconds": spent.get("seconds"),
        "bits": facts.get("bits"),
        "quantised_embeddings": facts.get("embeddings"),
        "file_bytes": facts.get("file_bytes"),
        "unquantised_file_bytes": facts.get("unquantised_file_bytes"),
    }


def write_models(path: Path, rows: Sequence[ModelRow]) -> None:
    write_csv(path, [asdict(row) for row in rows])


def read_models(path: Path) -> list[ModelRow]:
    """The inverse of `write_models`. InputError names the line and column of an illegal cell."""
    kinds = get_type_hints(ModelRow)
    records = read_csv(path, [field.name for field in fields(ModelRow)])
    return [
        ModelRow(**{name: _parsed(record[name], kind, f"{path}: line {line}: {name}") for name, kind in kinds.items()})
        for line, record in enumerate(records, start=2)
    ]


def panels(rows: Sequence[ModelRow]) -> list[tuple[str, str, list[ModelRow]]]:
    """The rows of each task and device in their first order; in a panel by family and latency."""
    places = list(dict.fromkeys((row.task, row.hardware) for row in rows))
    order = {family: place for place, family in enumerate(FAMILIES)}

    def rank(row: ModelRow) -> tuple[int, float]:
        return order[row.family], row.known_ms

    return [(*place, sorted((row for row in rows if (row.task, row.hardware) == place), key=rank)) for place in places]


def latency_unit(largest_ms: float) -> tuple[str, float]:
    """The unit in which latencies up to `largest_ms` are shown, and how many of it a millisecond is."""
    return ("s", 1e-3) if largest_ms >= 1000 else ("ms", 1.0)


def _one_line(signature: dict[str, Any]) -> str:
    """A latency's signature to print: the anchor's long key becomes the start of its SHA-256."""
    short = {"anchor": hashlib.sha256(str(signature.get("anchor")).encode()).hexdigest()[:8]}
    return "|".join(f"{name}:{short.get(name, value)}" for name, value in signature.items())


def _parsed(text: str, kind: Any, place: str) -> Any:
    kinds = get_args(kind) or (kind,)
    if text == "" and type(None) in kinds:
        return None
    try:
        return {"true": True, "false": False}[text] if kinds[0] is bool else kinds[0](text)
    except (ValueError, KeyError):
        legal = {bool: "true, false", int: "a whole number"}.get(kinds[0], "a number")
        raise InputError(place, repr(text), legal) from None
