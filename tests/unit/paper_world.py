"""Made-up gathered tables that the tests of tables and figures share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
from hat.paper.gathered import tidy
from hat.paper.tables import PAPER, Table

from tests.spaces import TINY

Row = dict[str, Any]
MACHINE = "processor:A CPU|cores:2|memory_gb:8|threads:1|engine:torch_eager|engine_version:2.0|dtype:float32"


def gathered(kind: str, rows: Iterable[Row]) -> pd.DataFrame:
    return tidy(kind, [pd.DataFrame(list(rows))])


def models(*rows: Row) -> dict[str, pd.DataFrame]:
    return {"models": gathered("models", rows)}


def row(model: str, family: str, latency_ms: float | None, bleu: float | None, **changes: Any) -> Row:
    facts: Row = {
        "task": "multi30k.de-en",
        "device": "this_cpu",
        "model": model,
        "family": family,
        "latency_ms": latency_ms,
        "p50_ms": latency_ms,
        "drift": 1.02,
        "encoder_layers": 3,
        "decoder_layers": 2,
        "encoder_embed_dim": 96,
        "decoder_embed_dim": 128,
        "parameters": 1_234_567,
        "flops": 45_678_901,
        "sentence_length": 13,
        "bleu_kind": "tokenized",
        "bleu": bleu,
        "bleu_half_width": 1.5,
        "sacrebleu": None if bleu is None else bleu - 1,
        "sacrebleu_half_width": 1.4,
        "chrf2": 55.5,
        "sentences": 1000,
        "valid_loss": 3.5,
        "updates": 800,
        "training_seconds": 60.5,
        "gpu_hours": 0.25,
        "bleu_signature": "case:mixed|tok:none",
        "sacrebleu_signature": "case:mixed|tok:13a",
        "anchor_ms": 8.0,
        "latency_signature": f"device:this_cpu|{MACHINE}|beam:5|anchor:4f1c",
        "architecture": TINY.largest.key,
        "architecture_file": "results/x/architecture.yaml",
        "score_file": "results/x/score/test.json",
    }
    return {**facts, **changes}


def hat(budget: str, budget_ms: float, latency_ms: float, bleu: float, **changes: Any) -> Row:
    choice: Row = {"budget": budget, "budget_ms": budget_ms, "predicted_ms": budget_ms, "rank": 1}
    choice |= {"fits": latency_ms <= budget_ms, "confirmed_ms": latency_ms}
    return row(f"hat-this_cpu-{budget}", "hat", latency_ms, bleu, **{**choice, **changes})


def small_experiment() -> list[Row]:
    """Two HAT models, one of which missed its budget, and three baselines, out of order."""
    return [
        row("transformer-width-64", "width", 15.25, 32.1, decoder_embed_dim=64),
        row("transformer-depth-4", "depth", 22.0, 34.9, decoder_layers=4),
        row("transformer-depth-1", "depth", 8.9, 31.0, decoder_layers=1),
        hat("75%", 18.0, 17.5, 35.3),
        hat("25%", 9.0, 9.125, 33.96),
    ]


def cells(table: Table, ours: bool = True) -> list[dict[str, str]]:
    """What is read, a row each; without those of the paper unless these are asked for."""
    found = [{str(name): str(cell) for name, cell in row.items()} for row in table.cells().to_dict("records")]
    return [row for row in found if ours == (row.get("Source") != PAPER)]


def drawn(stem: Path) -> dict[str, bytes]:
    return {ending: Path(f"{stem}.{ending}").read_bytes() for ending in ("pdf", "png", "csv")}


def records(path: Path) -> list[dict[str, Any]]:
    """The rows of a written table, cells as text, in the file's own words."""
    return pd.read_csv(path, dtype=str, keep_default_na=False).to_dict("records")
