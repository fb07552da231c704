"""Made-up rows of models.csv that the tests of tables and figures share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hat.paper.models import ModelRow

from tests.spaces import TINY


def row(model: str, family: str, latency_ms: float, bleu: float, **changes: Any) -> ModelRow:
    facts: dict[str, Any] = {
        "task": "multi30k.de-en",
        "hardware": "this_cpu",
        "base": None,
        "budget": None,
        "budget_ms": None,
        "predicted_ms": None,
        "fits": None,
        "rank": None,
        "p50_ms": latency_ms,
        "p90_ms": latency_ms * 1.1,
        "drift": 1.02,
        "iterations": None,
        "published_iterations": None,
        "published_iterations_ms": None,
        "encoder_layers": 3,
        "decoder_layers": 2,
        "encoder_embed_dim": 96,
        "decoder_embed_dim": 128,
        "parameters": 1_234_567,
        "flops": 45_678_901,
        "sentence_length": 13,
        "bleu_kind": "tokenized",
        "tokenized_bleu": bleu,
        "tokenized_bleu_half_width": 1.5,
        "compound_split_bleu": bleu + 1,
        "compound_split_bleu_half_width": 1.6,
        "sacrebleu": bleu - 1,
        "sacrebleu_half_width": 1.4,
        "chrf2": 55.5,
        "sentences": 1000,
        "valid_loss": 3.5,
        "updates": 800,
        "training_seconds": 60.5,
        "gpu_hours": 0.25,
        "bits": None,
        "quantised_embeddings": None,
        "file_bytes": None,
        "unquantised_file_bytes": None,
        "published_latency_ms": None,
        "published_params_m": None,
        "published_flops_g": None,
        "published_bleu": None,
        "published_sacrebleu": None,
        "bleu_signature": "case:mixed|tok:none",
        "sacrebleu_signature": "case:mixed|tok:13a",
        "latency_signature": "device:this_cpu|beam:5",
        "architecture": TINY.largest.key,
        "architecture_file": "results/x/architecture.yaml",
        "score_file": "results/x/score/test.json",
        "latency_file": "results/x/latency/this_cpu.json",
        "confirmed_file": None,
        "report_file": "results/x/train.json",
    }
    return ModelRow(model=model, family=family, latency_ms=latency_ms, **{**facts, **changes})


def hat(budget: str, budget_ms: float, latency_ms: float, bleu: float, **changes: Any) -> ModelRow:
    choice = {"budget": budget, "budget_ms": budget_ms, "predicted_ms": budget_ms, "rank": 1}
    choice["fits"] = latency_ms <= budget_ms
    return row(f"hat-this_cpu-{budget}", "hat", latency_ms, bleu, **{**choice, **changes})


def small_experiment() -> list[ModelRow]:
    """Two HAT models, one of which missed its budget, and three baselines, out of order."""
    return [
        row("transformer-width-64", "width", 15.25, 32.1, decoder_embed_dim=64),
        row("transformer-depth-4", "depth", 22.0, 34.9, decoder_layers=4),
        row("transformer-depth-1", "depth", 8.9, 31.0, decoder_layers=1),
        hat("75%", 18.0, 17.5, 35.3),
        hat("25%", 9.0, 9.125, 33.96),
    ]


def drawn(stem: Path) -> dict[str, bytes]:
    return {ending: Path(f"{stem}.{ending}").read_bytes() for ending in ("pdf", "png", "csv")}
