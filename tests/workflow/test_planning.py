"""Every experiment can be planned, on one machine and on a cluster; what cannot be planned says why in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workflow.conftest import ROOT, House

EXPERIMENTS = sorted(path.stem for path in (ROOT / "config").glob("*.yaml"))


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_experiment_dry_runs(repository: House, experiment: str) -> None:
    jobs = repository.planned("--config", f"experiment={experiment}")
    for rule in ("train_supertransformer", "search_subtransformer", "make_table8", "draw_figure6", "draw_figure7"):
        assert jobs[rule] >= 1


def test_the_demo_is_the_default_and_a_path_names_an_experiment(repository: House) -> None:
    by_default = repository.planned()
    assert by_default == repository.planned("--config", f"experiment={ROOT / 'config' / 'demo.yaml'}")


def test_targets_have_names(repository: House) -> None:
    jobs = repository.planned("table8")
    assert "make_table8" in jobs
    assert "draw_figure7" not in jobs


def test_a_cluster_is_asked_for_what_a_rule_needs(repository: House) -> None:
    run = repository.snakemake("--dry-run", "--workflow-profile", str(ROOT / "profiles" / "slurm"))
    assert run.returncode == 0, run.stdout + run.stderr
    blocks = (run.stdout + run.stderr).split("\nrule ")
    resources = {
        block.split(":")[0]: next(line for line in block.splitlines() if line.strip().startswith("resources"))
        for block in blocks[1:]
    }
    assert "gpu=1" in resources["train_supertransformer"]
    assert "runtime=2880" in resources["train_model"]
    assert "--exclusive" in resources["collect_latency"]
    assert "gpu=0" in resources["score_model"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--config", "experimnt=demo"], "did you mean 'experiment'?"),
        (["--configfile", "{file}"], "--config: unknown key 'seed'"),
        (["--config", "experiment={missing}"], "no experiment file"),
    ],
    ids=["unknown --config key", "merged configfile", "missing file"],
)
def test_bad_input_is_one_line_and_status_2(repository: House, tmp_path: Path, words: list[str], line: str) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("seed: 1\ntasks: {demo.de-en: {devices: {this-cup: {}}}}\n")
    places = {"file": bad, "missing": tmp_path / "missing.yaml"}
    run = repository.snakemake("--dry-run", *(word.format(**places) for word in words))
    assert run.returncode == 2
    errors = [text for text in run.stderr.splitlines() if not text.startswith("Using workflow specific profile")]
    assert len(errors) == 1
    assert errors[0].startswith("error: ")
    assert line in errors[0]
