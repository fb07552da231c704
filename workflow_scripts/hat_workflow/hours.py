"""What the jobs of a run took, by Snakemake's own measurements: hours, memory, and energy by a stated model."""

from __future__ import annotations

import json
from pathlib import Path

from hat.files import read_text

from hat_workflow.experiment import Experiment

WATTS_PER_CORE, WATTS_PER_GB, PUE = 12.0, 0.3725, 1.67
"""Of a busy core, of memory, and what cooling adds: the defaults of Green Algorithms (Lannelongue et al., 2021)."""
MODEL = f"{WATTS_PER_CORE:g} W a busy core, {WATTS_PER_GB} W a GB of memory, times {PUE}; what GPUs take is not in it"


def hours(benchmarks: Path, asked: Experiment) -> dict[str, dict[str, float]]:
    """Of each rule: its jobs, their hours and CPU hours, the largest memory in MB, and kWh by `MODEL`."""
    found: dict[str, dict[str, float]] = {}
    places = {asked.name, *asked.files["corpus"]}
    for path in sorted(benchmarks.rglob("*.jsonl")):
        rule, place = path.relative_to(benchmarks).parts[:2]
        if place.removesuffix(".jsonl") not in places:
            continue
        total = found.setdefault(rule, {"jobs": 0, "hours": 0.0, "cpu_hours": 0.0, "peak_mb": 0.0, "kwh": 0.0})
        for run in map(json.loads, read_text(path).splitlines()):
            taken, busy, memory = run["s"] / 3600, _number(run["cpu_time"]) / 3600, _number(run["max_rss"])
            total["jobs"] += 1
            total["hours"] += taken
            total["cpu_hours"] += busy
            total["peak_mb"] = max(total["peak_mb"], memory)
            total["kwh"] += PUE * (WATTS_PER_CORE * busy + WATTS_PER_GB * memory / 1000 * taken) / 1000
    return {rule: {key: round(value, 5) for key, value in total.items()} for rule, total in found.items()}


def _number(value: float | str) -> float:
    """What Snakemake could not measure, of jobs that took no time, it calls NA."""
    return float(value) if isinstance(value, int | float) else 0.0
