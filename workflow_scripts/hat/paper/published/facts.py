"""What the paper and its authors' release state, from the data files beside this module: to show beside own results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hat.files import read_csv

FOLDER = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class PublishedModel:
    """A row of the paper's Table 8 (latency, BLEU) and of the release (parameters, FLOPs), as printed."""

    latency_ms: float
    params_m: float
    """Millions, without embeddings and output layer."""
    flops_g: float
    bleu: float
    sacrebleu: float


@cache
def table8() -> Mapping[str, PublishedModel]:
    """The 44 released models, by the names of their architecture files."""
    return {row["model"]: _model(row) for row in _rows()}


def published_model(task: str, hardware: str, *, model: str, budget_ms: float | None) -> PublishedModel | None:
    """The released model of that name, or the one of a task and hardware whose latency was a search's constraint."""
    if budget_ms is None:
        return table8().get(model)
    places = {(row["task"], row["hardware"], float(row["latency_ms"])): row["model"] for row in _rows()}
    return table8().get(places.get((task, hardware, budget_ms), ""))


def published_predictors() -> Mapping[tuple[str, str], Mapping[str, float]]:
    """What is known of latency predictors on the published data sets, by task and hardware; RMSE in ms.

    Retrained: the split of RandomState(0), 1600/200/200 rows of 2000. The released predictors learned from rows that
    nobody knows, so that their errors are optimistic.
    """
    rows = read_csv(FOLDER / "predictors.csv")
    return {(row["task"], row["hardware"]): {k: float(v) for k, v in row.items() if k.endswith("_ms")} for row in rows}


@cache
def _rows() -> list[dict[str, str]]:
    return read_csv(FOLDER / "table8.csv")


def _model(row: Mapping[str, str]) -> PublishedModel:
    return PublishedModel(**{name: float(row[name]) for name in PublishedModel.__dataclass_fields__})
