"""`snakemake budget` prints whenever it is asked to, and counts the jobs that a run from nothing has."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from budget import jobs_of
from hat_workflow import experiment

from tests.workflow.conftest import ROOT, House
from tests.workflow.test_planning import EXPERIMENTS

SMALL = str(ROOT / "tests" / "workflow" / "small.yaml")


@pytest.mark.parametrize("name", [*EXPERIMENTS, SMALL], ids=lambda name: Path(name).stem)
def test_the_budget_counts_the_jobs_that_a_dry_run_announces(repository: House, name: str) -> None:
    assert sum(jobs_of(experiment.read(name)).values()) == sum(
        repository.planned("--config", f"experiment={name}").values()
    )


def test_a_stage_is_a_file_of_rules() -> None:
    jobs = jobs_of(experiment.read("demo"))
    assert all((ROOT / "rules" / f"{stage}.smk").is_file() for stage in jobs)
    assert jobs["corpus"] == 5
    assert jobs["supertransformer"] == 1


def test_it_prints_each_time_and_makes_nothing_else(tmp_path: Path) -> None:
    house = House(ROOT, tmp_path, {})
    printed = []
    for _ in range(2):
        run = house.snakemake("budget")
        assert run.returncode == 0, run.stdout + run.stderr
        printed.append(run.stdout)
    assert printed[0] == printed[1]
    assert "Budget: what the experiment demo costs from nothing" in printed[0]
    assert "CO2e and cost contradict the GPU-hours: printed are 2 and 4, the costs fit 16 and 32" in printed[0]
    assert [path.name for path in (tmp_path / "results").rglob("*")] == ["demo", "budget.csv"]
    rows = list(csv.DictReader((tmp_path / "results" / "demo" / "budget.csv").open()))
    assert int(rows[-1]["jobs"]) == sum(house.planned().values())
