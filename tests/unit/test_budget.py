"""What an experiment costs: worked by hand for one of the paper's size, and with a corpus and latency data at hand."""

from __future__ import annotations

import csv
import json
import random
import re
import subprocess
import sys
from pathlib import Path

import budget
import pytest
from hat.cost import count_bytes
from hat.footprint import V100_FLOPS_PER_SECOND, Footprint, mean_flops_per_token
from hat.latency.samples import Sample, write_samples
from hat.latency.signature import NUMBERS
from hat_workflow import experiment
from hat_workflow.claims import costs_table, ratios_table
from hat_workflow.listing import Listing, readable

from tests.spaces import WMT

PAPER_SIZE = """
tasks:
  wmt:
    corpus: {folder}/corpus.yaml
    space: {folder}/paper.yaml
    training: {folder}/paper.yaml
    devices: {{this-cpu: {{budgets: [40%]}}}}
    sentence_length: 30
    latency: {{samples: 2000, runs: 20, shards: 4}}
"""
CORPUS = "{source: en, target: de, train: a, valid: b, test: c, bpe: 32768}"
TOKENS = 40_000 * 128 * 4096


@pytest.fixture
def paper_size(tmp_path: Path) -> Path:
    """One SuperTransformer and one SubTransformer in the paper's WMT space, with the paper's recipe."""
    (tmp_path / "corpus.yaml").write_text(CORPUS)
    for name in ("a", "b", "c"):
        for language in ("en", "de"):
            (tmp_path / f"{name}.{language}").touch()
    (tmp_path / "paper.yaml").write_text("{}")
    path = tmp_path / "mine.yaml"
    path.write_text(PAPER_SIZE.format(folder=tmp_path))
    return path


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results that are there already make an estimate better: here are none but those of the test."""
    monkeypatch.chdir(tmp_path)


def stages(path: Path) -> dict[str, budget.Stage]:
    return budget.stages_of(experiment.read(str(path)))


def gpu_hours(stage: budget.Stage) -> float:
    assert stage.footprint is not None
    return stage.footprint.gpu_hours


def test_the_papers_en_de_costs_what_table_2_says(paper_size: Path, tmp_path: Path) -> None:
    """184 to 200 V100 hours for the SuperTransformer and a SubTransformer; the search is counted apart."""
    found = stages(paper_size)
    flops = mean_flops_per_token(WMT, 30, 32768)
    assert gpu_hours(found["supertransformer"]) == pytest.approx(3 * flops * TOKENS / V100_FLOPS_PER_SECOND / 3600)
    assert gpu_hours(found["supertransformer"]) + gpu_hours(found["models"]) == pytest.approx(184, rel=0.05)
    evaluations = 125 + 29 * 100
    assert gpu_hours(found["search"]) == pytest.approx(flops * evaluations * 3000 * 30 / V100_FLOPS_PER_SECOND / 3600)
    assert found["scores"].footprint is None
    assert gpu_hours(found["total"]) == pytest.approx(
        sum(gpu_hours(found[name]) for name in ("supertransformer", "search", "models"))
    )


def test_trained_models_take_disk_twice(paper_size: Path, tmp_path: Path) -> None:
    largest = count_bytes(WMT.largest, "float32", [32768])
    found = stages(paper_size)
    assert found["supertransformer"].disk_gb == found["models"].disk_gb == pytest.approx(2 * largest / 1e9)
    assert found["total"].disk_gb == pytest.approx(4 * largest / 1e9)
    assert 0.3 < largest / 1e9 < 0.4


def test_timing_is_unknown_without_latency_data_and_costs_no_gpu_hours(paper_size: Path, tmp_path: Path) -> None:
    found = stages(paper_size)
    assert [name for name, stage in found.items() if stage.device_hours is None] == [
        "latency",
        "search",
        "models",
        "total",
    ]
    assert found["latency"].footprint == Footprint(0)


def test_latency_data_tells_how_long_timing_takes(paper_size: Path, tmp_path: Path) -> None:
    """2,000 samples of 20 runs, each in turn with the anchor, at a mean of 450 ms: 10 hours."""
    samples = [
        Sample(sub=WMT.sample(random.Random(n)), numbers=dict.fromkeys(NUMBERS, ms), order=n)
        for n, ms in enumerate((400.0, 500.0))
    ]
    write_samples(tmp_path / "results" / "mine" / "wmt" / "latency" / "this-cpu" / "samples.csv", samples)
    found = stages(paper_size)
    assert found["latency"].device_hours == pytest.approx(10)
    assert found["search"].device_hours == found["models"].device_hours == pytest.approx(2 * 300 * 0.45 / 3600)
    assert found["total"].device_hours == pytest.approx(10 + 4 * 300 * 0.45 / 3600)


def test_a_device_without_searches_and_studies_is_not_sampled(paper_size: Path, tmp_path: Path) -> None:
    text = paper_size.read_text()
    assert "budgets: [" in text
    paper_size.write_text(text := re.sub(r"budgets: \[.*?\]", "budgets: []", text) + "    studies: []\n")
    assert stages(paper_size)["latency"].device_hours == 0
    again = text.partition("tasks:\n")[2].replace("wmt:", "again:")
    predictor = "results/mine/wmt/latency/this-cpu/predictor.pt"
    paper_size.write_text(text + again.replace("shards: 4", f"shards: 4, sources: [{predictor}]"))
    assert stages(paper_size)["latency"].device_hours is None  # nothing tells how long the samples take


def test_a_corpus_that_is_there_is_taken_at_its_word(paper_size: Path, tmp_path: Path) -> None:
    assumed = stages(paper_size)
    facts = {"sentence_length": 23, "target_vocabulary": 32768, "tokens": {"valid": {"de": 180_000}}}
    path = tmp_path / "results" / "corpora" / "corpus" / "binary" / "statistics.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(facts))
    found = stages(paper_size)
    assert gpu_hours(found["search"]) == pytest.approx(2 * gpu_hours(assumed["search"]))
    assert found["models"] == assumed["models"]


def test_a_second_task_is_counted_too(paper_size: Path, tmp_path: Path) -> None:
    text = paper_size.read_text()
    one = stages(paper_size)
    paper_size.write_text(text + text.partition("tasks:\n")[2].replace("wmt:", "again:"))
    two = stages(paper_size)
    for name in ("supertransformer", "search", "models"):
        assert gpu_hours(two[name]) == pytest.approx(2 * gpu_hours(one[name]))
        assert two[name].jobs == 2 * one[name].jobs
    assert (two["corpus"].jobs, two["paper"].jobs) == (one["corpus"].jobs, one["paper"].jobs)


def test_a_baseline_costs_its_own_size(paper_size: Path, tmp_path: Path) -> None:
    alone = gpu_hours(stages(paper_size)["models"])
    costs = []
    for width in (512, 1024):
        paper_size.write_text(PAPER_SIZE.format(folder=tmp_path) + f"    baselines: {{width: [{width}]}}\n")
        costs.append(gpu_hours(stages(paper_size)["models"]) - alone)
    assert costs[1] > 3 * costs[0] > 0


def test_the_command_prints_and_writes_without_torch(paper_size: Path, tmp_path: Path) -> None:
    words = ["--experiment", str(paper_size), "--output", str(tmp_path / "budget.csv")]
    run = subprocess.run(
        [sys.executable, "-X", "importtime", budget.__file__, *words], capture_output=True, text=True, check=True
    )
    assert not [
        line for line in run.stderr.splitlines() if line.split("|")[-1].strip() in ("torch", "numpy", "fairseq")
    ]
    rows = list(csv.DictReader((tmp_path / "budget.csv").open()))
    assert [row["stage"] for row in rows][-2:] == ["paper", "total"]
    total = rows[-1]
    assert float(total["co2_lb"]) == pytest.approx(float(total["gpu_hours"]) * 0.2855, rel=1e-3)
    assert float(total["cost_on_demand_usd"]) == pytest.approx(float(total["gpu_hours"]) * 2.48)
    assert total["device_hours"] == ""
    assert f"\ntotal  {'':10}" in run.stdout
    assert f"{float(total['gpu_hours']):,.0f}" in run.stdout


def test_published_tables_name_what_contradicts() -> None:
    text = costs_table().text()
    assert text.count(" !  ") == 2
    assert "printed are 2 and 4, the costs fit 16 and 32" in text
    assert re.search(r"12,041x +12,041x +626,155 / 52", ratios_table().text())


def test_a_table_in_a_terminal() -> None:
    groups = [[("a", "1")], [("bc", "23")]]
    listing = Listing(name="T", caption="two groups", columns=("what", "n"), text_columns=1, groups=groups, notes=["x"])
    lines = [
        "T: two groups",
        "",
        "what      n",
        "------  ---",
        "a         1",
        "------  ---",
        "bc       23",
        "",
        "- x",
        "",
    ]
    assert listing.text() == "\n".join(lines)


@pytest.mark.parametrize(
    ("value", "cell"),
    [(None, "unknown"), (0, "-"), (1e-4, "<0.01"), (0.57, "0.57"), (3.0, "3"), (99.9, "99.90"), (2192000, "2,192,000")],
)
def test_readable(value: float | None, cell: str) -> None:
    assert readable(value) == cell
