"""The whole road once, at a size of seconds: from somebody's own text files to tables, figures and the report."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import pytest

from tests.workflow.conftest import ROOT, House, copy_house
from tests.workflow.recorded import write_text

EXPERIMENT = ("--config", "experiment=tests/workflow/tiny/experiment.yaml")
SIZED = "p40-8k-0.04MB"
MODELS = (f"hat-this-cpu-{SIZED}", "hat-this-cpu-p90", "hat-this-cpu-torch-p90", "transformer-depth-1")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> House:
    work = tmp_path_factory.mktemp("tiny")
    write_text(work / "text")
    house = House(ROOT, work, {})
    run = house.snakemake(*EXPERIMENT)
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-6000:]
    return house


def test_every_artifact_is_there(finished: House) -> None:
    task = finished.work / "results" / "tiny" / "tiny.de-en"
    for name in ("supertransformer/checkpoint.pt", "supertransformer/log.csv", "latency/this-cpu/samples.csv"):
        assert (task / name).stat().st_size > 0
    for timed in (
        f"search/this-cpu/{SIZED}/confirmed.json",
        *(f"models/{model}/latency/this-cpu.json" for model in MODELS),
    ):
        latency = json.loads((task / timed).read_text())
        assert latency["latency_ms"] > 0
        assert latency["signature"]["runs"] == 5
    for model in MODELS:
        score = json.loads((task / "models" / model / "score" / "test.json").read_text())
        assert score["sentences"] == 12
        assert "version" in score["signatures"]["sacrebleu"]


def test_the_table_has_a_row_for_each_model(finished: House) -> None:
    paper = finished.work / "results" / "tiny" / "paper"
    with open(paper / "gathered" / "table8" / "models.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["model"] for row in rows} == set(MODELS)
    for suffix in (".csv", ".md", ".tex"):
        assert (paper / f"table8{suffix}").stat().st_size > 0


def test_a_winner_keeps_the_size_of_its_budget(finished: House) -> None:
    paper = finished.work / "results" / "tiny" / "paper"
    with open(paper / "gathered" / "table8" / "models.csv", newline="") as stream:
        rows = {row["model"]: row for row in csv.DictReader(stream)}
    assert int(rows[f"hat-this-cpu-{SIZED}"]["parameters"]) <= 8000
    for table, model in {
        "table8": "HAT, budget 40%, 8k parameters, 0.04 MB",
        "gaps": "HAT, budget 40%, 8k parameters, 0.04 MB",
        "menu": "Search for 40%, 8k parameters, 0.04 MB",
    }.items():
        assert model in (paper / f"{table}.md").read_text()


def test_every_other_table_is_made(finished: House) -> None:
    paper = finished.work / "results" / "tiny" / "paper"
    for table in (*(f"table{number}" for number in range(1, 8)), "distillation", "menu", "online"):
        rows = list(csv.DictReader((paper / f"{table}.csv").open()))
        assert any(row["task"] == "tiny.de-en" for row in rows)
        assert (paper / f"{table}.md").read_text().startswith("**")


def test_each_device_is_timed_with_its_engine_and_rivals_with_eager_torch_alone(finished: House) -> None:
    gathered = finished.work / "results" / "tiny" / "paper" / "gathered"
    engines = {}
    for study in ("table2", "table3", "table8"):
        with open(gathered / study / "models.csv", newline="") as stream:
            signatures = [(row["device"], row["latency_signature"]) for row in csv.DictReader(stream)]
        engines[study] = {(device, *re.findall(r"engine:(\w+)", signature)) for device, signature in signatures}
    eager = ("this-cpu-torch", "torch_eager")
    assert engines == {"table2": {eager}, "table3": {eager}, "table8": {("this-cpu", "litert"), eager}}


def test_figures_are_drawn(finished: House) -> None:
    paper = finished.work / "results" / "tiny" / "paper"
    for figure in ("figure2", "figure6", "figure7", "figure8", "figure9", "figure10", "figure11", "figure12", "pareto"):
        assert (paper / f"{figure}.png").read_bytes().startswith(b"\x89PNG")
        assert (paper / f"{figure}.pdf").read_bytes().startswith(b"%PDF")
        assert len((paper / f"{figure}.csv").read_text().splitlines()) > 1


def test_every_job_left_its_log_and_its_benchmark(finished: House) -> None:
    logs = {path.relative_to(finished.work / "logs").with_suffix("") for path in finished.work.glob("logs/**/*.log")}
    benchmarks = finished.work / "benchmarks"
    made = {path for path in logs if path.parts[0] != "make_report"}  # which runs each time, and is no job's work
    assert made == {path.relative_to(benchmarks).with_suffix("") for path in benchmarks.glob("**/*.jsonl")}
    assert len(logs) >= 24


def test_artifacts_say_what_they_belong_to(finished: House) -> None:
    task = finished.work / "results" / "tiny" / "tiny.de-en"
    device = {"task": "tiny.de-en", "device": "this-cpu"}
    model = {"task": "tiny.de-en", "model": f"hat-this-cpu-{SIZED}"}
    told = {
        "latency/this-cpu/signature.json": device,
        "latency/this-cpu/predictor.json": device,
        f"latency/this-cpu/budgets/{SIZED}.json": device,
        f"search/this-cpu/{SIZED}/confirmed.json": device | {"budget": SIZED},
        f"models/hat-this-cpu-{SIZED}/train.json": model,
        f"models/hat-this-cpu-{SIZED}/latency/this-cpu.json": model | {"device": "this-cpu"},
        "supertransformer/metrics.json": {"task": "tiny.de-en"},
    }
    for name, identity in told.items():
        record = json.loads((task / name).read_text())
        assert {key: record.get(key) for key in identity} == identity, name
    for name in ("predictions.csv", "profile.csv"):
        with open(task / "latency" / "this-cpu" / name, newline="") as stream:
            row = next(csv.DictReader(stream))
        assert (row["task"], row["device"]) == ("tiny.de-en", "this-cpu"), name


def test_a_second_run_has_nothing_to_do(finished: House) -> None:
    assert finished.planned(*EXPERIMENT) == {}


def test_the_report_builds(finished: House) -> None:
    run = finished.snakemake("--report", "report.html", *EXPERIMENT)
    assert run.returncode == 0, run.stdout + run.stderr
    report = (finished.work / "report.html").read_text()
    assert "Predicted against measured latency" in report


def test_the_page_shows_every_table_and_figure(finished: House) -> None:
    run = finished.snakemake("make_report", *EXPERIMENT)
    assert run.returncode == 0, run.stdout + run.stderr
    page = (finished.work / "results" / "tiny" / "report.html").read_text()
    for exhibit in ("table8", "figure7", "table5", "menu", "explorer", "winners", "cost"):
        assert f'id="{exhibit}"' in page
    assert '"name":"tiny.de-en on this-cpu"' in page
    assert len(page) < 5e6


def test_a_study_is_added_by_its_page_alone(finished: House, tmp_path: Path) -> None:
    """docs/adding-a-study.md, step by step: a declaration, a module, a caption, and the table is there."""
    house, tiny = House(copy_house(tmp_path, {}).root, finished.work, {}), Path("tests", "workflow", "tiny")
    shutil.copytree(ROOT / tiny, house.root / tiny)
    page = (ROOT / "docs" / "adding-a-study.md").read_text()
    declaration, module = re.findall(r"```python\n# (workflow_scripts/\S+)\n(.*?)```", page, flags=re.DOTALL)
    (caption,) = re.findall(r"```rst\n(report/\S+)\n(.*?)```", page, flags=re.DOTALL)
    house.replace(declaration[0], '    )\n}\n"""Every study', f'{declaration[1]},\n    )\n}}\n"""Every study')
    for name, text in (module, caption):
        (house.root / name).write_text(text)
    (target,) = re.findall(r"snakemake --cores all (\w+)\n", page)
    assert finished.planned(*EXPERIMENT) == {}
    experiment = finished.work / "with_study.yaml"
    asked = (ROOT / tiny / "experiment.yaml").read_text()
    experiment.write_text(asked.replace("    studies:\n", f"    studies:\n      - {target}\n"))
    assert house.planned(target, "--config", f"experiment={experiment}") == dict.fromkeys(
        ("gather_results", "make_table", target), 1
    )
    run = house.snakemake(target, "--config", f"experiment={experiment}")
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-6000:]
    with open(finished.work / "results" / "tiny" / "paper" / f"{target}.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["device"] for row in rows} == {"this-cpu", "this-cpu-torch"}
    assert all(float(row["latency_ms"]) > 0 for row in rows)
