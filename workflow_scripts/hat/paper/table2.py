"""Table 2: latency, size, quality and what training costs, of the Transformer, the Evolved Transformer and HAT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hat.footprint import SECONDS_PER_HOUR, Footprint
from hat.paper.comparison import Comparison, bleu_notes, by_place, facts, named
from hat.paper.models import ModelRow
from hat.paper.published import table2 as published

COSTS = ("gpu_hours", "co2_lb", "cost_preemptible_usd", "cost_on_demand_usd")


def table2(rows: Sequence[ModelRow]) -> Comparison:
    """`rows`: Transformers given, and scaled by depth (the deepest is shown); the Evolved Transformer; HAT models."""
    return Comparison(
        name="Table 2",
        caption="Latency, size, quality and cost of training",
        columns=("latency_ms", "parameters", "flops", "bleu", "bleu_half_width", "hours", *COSTS),
        groups=[[_facts(row) for row in compared(group)] for group in by_place(rows)],
        notes=[
            "Hours: computing of the training, measured on whatever machine it ran on; of HAT, the SuperTransformer's "
            "and its own.",
            "GPU-hours, CO2e and cost: what the same training would take on a V100 at the throughput that the paper's "
            "GPU-hours imply (snakemake budget says more). Small models would not fill it. No search is counted.",
            *bleu_notes(rows),
        ],
        published=[_printed(row) for row in published.table2()],
    )


def compared(rows: Sequence[ModelRow]) -> list[ModelRow]:
    """Of one place: given Transformers, the deepest other one, the Evolved Transformer, HAT models by latency."""
    order = ("given", "depth", "evolved", "hat")
    deepest = max((row.decoder_layers for row in rows if row.family == "depth"), default=0)
    kept = [row for row in rows if row.family != "depth" or row.decoder_layers == deepest]
    return sorted(kept, key=lambda row: (order.index(row.family), row.known_ms))


def costs(gpu_hours: float | None) -> dict[str, Any]:
    footprint = None if gpu_hours is None else Footprint(gpu_hours)
    return {name: None if footprint is None else getattr(footprint, name) for name in COSTS}


def _facts(row: ModelRow) -> dict[str, Any]:
    hours = None if row.training_seconds is None else row.training_seconds / SECONDS_PER_HOUR
    return facts(row, named(row), hours=hours, **costs(row.gpu_hours))


def _printed(row: published.Row) -> dict[str, Any]:
    return {
        "task": row.task,
        "hardware": "Raspberry Pi",
        "model": row.model,
        "latency_ms": 1000 * row.latency_s,
        "parameters": 1e6 * row.params_m,
        "flops": 1e9 * row.flops_g,
        "bleu": row.bleu,
        **{name: getattr(row, name) for name in COSTS},
    }
