"""A device that is not at hand and an experiment that trains nothing, from a data set to its table and figures."""

from __future__ import annotations

from pathlib import Path

import pytest
from hat.architecture import DesignSpace
from hat.files import file_digest, read_csv, read_yaml, write_yaml

from tests.unit.published_world import published_rows, write_published
from tests.workflow.conftest import ROOT, House

EXPERIMENT = ("--config", "experiment=far.yaml")
SPACE = read_yaml(ROOT / "tests" / "workflow" / "tiny" / "space.yaml")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> House:
    work = tmp_path_factory.mktemp("far")
    space = DesignSpace.from_dict({name: SPACE[name] for name in (*DesignSpace.choice_names(), "qkv_dim")})
    data_set = write_published(work / "data.csv", published_rows(space, 300, [(50, 90, 1.3)]))
    entry = {"url": str(data_set), "sha256": file_digest(data_set)}
    write_yaml(work / "pi.yaml", {"published": {"demo.de-en": entry}})
    space.largest.save(work / "large.yaml")
    space.smallest.save(work / "small.yaml")
    task = {
        "space": "tests/workflow/tiny/space.yaml",
        "training": None,
        "sentence_length": 10,
        "devices": {"./pi.yaml": {"budgets": ["40%", "80%"], "models": ["./large.yaml"]}},
        "baselines": {"depth": [1], "given": ["./small.yaml"]},
        "compared": ["large", "small"],
        "studies": ["stand_in"],
        "search": {"iterations": 3, "population": 12, "parents": 4, "mutants": 4, "crossovers": 4},
    }
    write_yaml(work / "far.yaml", {"tasks": {"demo.de-en": task}})
    house = House(ROOT, work, {})
    run = house.snakemake(*EXPERIMENT)
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-6000:]
    return house


def paper(house: House) -> Path:
    return house.work / "results" / "far" / "paper"


def test_every_model_has_a_predicted_latency_and_none_a_measured_one(finished: House) -> None:
    rows = read_csv(paper(finished) / "table8.csv", ["model", "latency_ms", "predicted_ms", "bleu"])
    assert {row["model"] for row in rows} == {"large", "small", "transformer-depth-1"}
    assert all(float(row["predicted_ms"]) > 0 and not row["latency_ms"] and not row["bleu"] for row in rows)
    table = (paper(finished) / "table8.md").read_text()
    heads = next(line for line in table.splitlines() if line.startswith("| Task"))
    assert [head.strip() for head in heads.strip("|").split("|")] == [
        *("Task", "Device", "Model", "Predicted latency (ms)", "#Params (M)", "FLOPs (M)")
    ]


def test_searches_keep_their_constraints(finished: House) -> None:
    found = read_csv(paper(finished) / "stand_in.csv", ["series", "budget_ms", "predicted_ms", "parameters"])
    assert [row["budget"] for row in found] == ["p40", "p80"]
    assert all(float(row["predicted_ms"]) <= float(row["budget_ms"]) for row in found)
    assert int(found[0]["parameters"]) <= int(found[1]["parameters"])


def test_figures_are_drawn_and_nothing_is_trained(finished: House) -> None:
    for figure in ("figure6", "figure12", "stand_in"):
        assert (paper(finished) / f"{figure}.png").read_bytes().startswith(b"\x89PNG")
    assert not (finished.work / "results" / "corpora").exists()
    assert not list(finished.work.glob("results/far/*/models/*/checkpoint.pt"))


def test_a_second_run_has_nothing_to_do(finished: House) -> None:
    assert finished.planned(*EXPERIMENT) == {}
