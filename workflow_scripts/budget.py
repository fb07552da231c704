"""Print what an experiment costs before anyone pays it: jobs, GPU-hours, energy, CO2e and dollars of each stage."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from hat.errors import InputError
from hat.files import write_csv
from hat.footprint import SECONDS_PER_HOUR, V100_FLOPS_PER_SECOND, Footprint
from hat.latency.samples import read_samples
from hat_workflow import command, experiment, paths, settings
from hat_workflow.artifacts import KINDS
from hat_workflow.claims import costs_table, ratios_table
from hat_workflow.estimates import SENTENCE_LENGTH, VALIDATION_PAIRS, VOCABULARY, Estimates
from hat_workflow.experiment import Experiment
from hat_workflow.listing import Listing, readable
from hat_workflow.studies import STUDIES

RULES = settings.ROOT / "rules"
RULE = re.compile(r"^(?:use )?rule (?:\w+ as )?(\w+)(?: with)?:", re.MULTILINE)
JOBS = re.compile(r"^(\w+) +(\d+)$", re.MULTILINE)
STAGES = ("corpus", "supertransformer", "latency", "search", "models", "scores", "studies", "paper")
"""The files of `rules/` that build an experiment, in the order of the road."""
OF_SAMPLES = {name for name, kind in KINDS.items() if kind.per == "device"} - {"profiles", "signatures"}
"""The kinds of artifacts that come from a device's samples."""
IN_TURN = 2
"""Each timed run is followed by one of the anchor, which takes about as long as the mean of the space."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What a stage costs. None is unknown: there is nothing to estimate it from."""

    jobs: int
    footprint: Footprint | None
    device_hours: float | None
    disk_gb: float

    def record(self, name: str) -> dict[str, Any]:
        """A row of budget.csv: hours, kWh, pounds and kilograms of CO2e, US dollars, GB."""
        derived = ("gpu_hours", "kwh", "co2_lb", "co2_kg", "cost_preemptible_usd", "cost_on_demand_usd")
        known = {key: getattr(self.footprint, key) if self.footprint else None for key in derived}
        return {"stage": name, "jobs": self.jobs, **known, "device_hours": self.device_hours, "disk_gb": self.disk_gb}


def main(args: argparse.Namespace) -> None:
    asked = experiment.read(args.experiment)
    stages = stages_of(asked)
    records = [stage.record(name) for name, stage in stages.items()]
    print(*(table.text() for table in (budget_table(asked, records), costs_table(), ratios_table())), sep="\n")
    write_csv(args.output, records)


def jobs_of(asked: Experiment) -> dict[str, int]:
    """How many jobs of each stage, a file of `rules/`, build the experiment from nothing: Snakemake counts them."""
    words = ["--dry-run", "--forceall", "--cores", "1", "--config", f"experiment={asked.file}"]
    snakemake = [sys.executable, "-m", "snakemake", "--snakefile", str(settings.ROOT / "Snakefile")]
    run = subprocess.run([*snakemake, *words], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        told = [line.removeprefix("error: ") for line in run.stderr.splitlines() if line.startswith("error: ")]
        raise InputError("budget", "; ".join(told) or run.stderr[-1000:], "an experiment that can be planned")
    stages = {rule: file.stem for file in RULES.glob("*.smk") for rule in RULE.findall(file.read_text())}
    jobs = dict.fromkeys(STAGES, 0)
    for rule, count in dict(JOBS.findall(run.stdout + run.stderr)).items():  # the table is printed twice
        if rule in stages:
            jobs[stages[rule]] += int(count)
    return jobs


def stages_of(asked: Experiment) -> dict[str, Stage]:
    """The cost of each stage and of all together; results that are there already make an estimate better."""
    tasks = asked.settings["tasks"]
    footprints = [footprints_of(asked, name) for name in tasks]
    device_hours = [device_hours_of(asked, name) for name in tasks]
    disks = [disk_gb_of(asked, name) for name in tasks]
    stages = {
        stage: Stage(
            jobs=jobs,
            footprint=None if stage == "scores" else Footprint(sum(task.get(stage, 0.0) for task in footprints)),
            device_hours=total([task.get(stage, 0.0) for task in device_hours]),
            disk_gb=sum(task.get(stage, 0.0) for task in disks),
        )
        for stage, jobs in jobs_of(asked).items()
    }
    everything = Stage(
        jobs=sum(stage.jobs for stage in stages.values()),
        footprint=Footprint(sum(stage.footprint.gpu_hours for stage in stages.values() if stage.footprint)),
        device_hours=total([stage.device_hours for stage in stages.values()]),
        disk_gb=sum(stage.disk_gb for stage in stages.values()),
    )
    return stages | {"total": everything}


def footprints_of(asked: Experiment, name: str) -> dict[str, float]:
    """GPU-hours of the stages of a task that train or score."""
    task = asked.settings["tasks"][name]
    if task["training"] is None:
        return {}
    estimates = Estimates(asked, name)
    searches = sum(len(device["budgets"]) for device in task["devices"].values())
    studied = sum(STUDIES[study].searches(task) for study in task["studies"])
    return {
        "supertransformer": estimates.supertransformer,
        "search": searches * estimates.search,
        "studies": studied * estimates.search,
        "models": sum(map(estimates.model, asked.models[name].values())),
    }


def disk_gb_of(asked: Experiment, name: str) -> dict[str, float]:
    """GB that the stages of a task keep: its trained models."""
    if asked.settings["tasks"][name]["training"] is None:
        return {}
    estimates, models = Estimates(asked, name), asked.models[name].values()
    return {
        "supertransformer": estimates.supertransformer_bytes / 1e9,
        "models": sum(map(estimates.model_bytes, models)) / 1e9,
    }


def device_hours_of(asked: Experiment, name: str) -> dict[str, float | None]:
    """Hours for which the stages of a task time models on its devices; unknown without a latency data set.

    A search times one candidate when its best keeps the latency budget, the online search at least all that it scores.
    Devices that are not at hand are not timed.
    """
    task = asked.settings["tasks"][name]
    place = {"experiment": asked.name, "task": name}
    devices = {device: wanted for device, wanted in task["devices"].items() if asked.at_hand(device)}
    mean_ms = {device: mean_latency_ms(Path(paths.SAMPLES.format(device=device, **place))) for device in devices}
    runs = task["measurement"]["runs"]
    space_file, _ = asked.files["space"][task["space"]]
    space, studies = settings.design_space(space_file), [STUDIES[study] for study in task["studies"]]
    studied = {
        device: sum(
            study.timed_runs(task, space)
            for study in studies
            if {"task": name, "device": device} in asked.devices_of(study)
        )
        for device in devices
    }
    timed_runs = {
        "latency": {
            device: task["latency"]["samples"] * task["latency"]["runs"] * _is_sampled(asked, name, device)
            for device in devices
        },
        "search": {device: len(wanted["budgets"]) * runs for device, wanted in devices.items()},
        "studies": studied,
        "models": {device: len(asked.measured_on(name, device)) * runs for device in devices},
    }

    def hours(device: str, runs: int) -> float | None:
        latency_ms = mean_ms[device] if runs else 0.0
        return None if latency_ms is None else IN_TURN * runs * latency_ms / 1000 / SECONDS_PER_HOUR

    return {stage: total([hours(*item) for item in devices.items()]) for stage, devices in timed_runs.items()}


def _is_sampled(asked: Experiment, task: str, device: str) -> bool:
    """Whether a search, a study or another task's predictors ask for samples; a model is timed without any."""
    studied = (study for study in STUDIES.values() if {*study.reads} & OF_SAMPLES)
    place = {"task": task, "device": device}
    predictor = paths.PREDICTOR.format(experiment=asked.name, **place)
    return (
        bool(asked.budgets(task, device))
        or any(place in asked.devices_of(study) for study in studied)
        or any(predictor in other["latency"]["sources"] for other in asked.settings["tasks"].values())
    )


def mean_latency_ms(samples: Path) -> float | None:
    """The mean of a latency data set; None when it is not there."""
    if not samples.is_file():
        return None
    return fmean(sample.latency_ms for sample in read_samples(samples))


def total(hours: Iterable[float | None]) -> float | None:
    """The sum; None when a part of it is."""
    known = list(hours)
    return None if None in known else sum(hour for hour in known if hour is not None)


def budget_table(asked: Experiment, records: list[dict[str, Any]]) -> Listing:
    """The table to read; the last record is the total."""
    columns = {
        "jobs": "jobs",
        "gpu_hours": "GPU-hours",
        "kwh": "kWh",
        "co2_lb": "CO2e lb",
        "co2_kg": "CO2e kg",
        "cost_preemptible_usd": "$ preemptible",
        "cost_on_demand_usd": "$ on demand",
        "device_hours": "device-hours",
        "disk_gb": "disk GB",
    }
    rows = [(record["stage"], *(readable(record[key]) for key in columns)) for record in records]
    return Listing(
        name="Budget",
        caption=f"what the experiment {asked.settings['experiment']} costs from nothing",
        columns=("stage", *columns.values()),
        text_columns=1,
        groups=[rows[:-1], rows[-1:]],
        notes=[
            f"GPU-hours: those of a V100 at {V100_FLOPS_PER_SECOND / 1e12:.1f} TFLOP/s, which Table 2 implies "
            "(its HAT rows within 5%). Models that are too small to fill a GPU take longer; on a CPU, far longer.",
            f"Where there is no corpus yet whose file says otherwise: {SENTENCE_LENGTH} tokens a sentence, "
            f"{VALIDATION_PAIRS:,} validation pairs and {VOCABULARY:,} words, as in WMT'14 En-De.",
            "A model still to be found, or of another kind (Tables 2 and 3), is as large as the mean of the design "
            "space; no search uses another's scores.",
            "device-hours: timing on the devices, known once they have latency data; without energy and cost.",
            "disk: weights, once more in the rolling folder of each training, which may go after it; a model still to "
            "be found counts as the largest. A corpus takes about four times its raw text.",
            "scores: nothing tells how long beam search takes. The total leaves out what is unknown.",
        ],
    )


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiment", required=True, help="experiment: its name or its file")
    parser.add_argument("--output", required=True, type=Path, help="table to write (CSV)")
    return parser


if __name__ == "__main__":
    command.run(parser(), main)
