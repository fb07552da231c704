"""Every experiment can be planned, on one machine and on a cluster; what cannot be planned says why in one line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hat.files import read_yaml
from hat_workflow.estimates import Estimates
from hat_workflow.experiment import read
from hat_workflow.studies import STUDIES

from tests.workflow.conftest import ROOT, House

EXPERIMENTS = sorted(path.stem for path in (ROOT / "config").glob("*.yaml"))


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_experiment_dry_runs(repository: House, experiment: str) -> None:
    jobs = repository.planned("--config", f"experiment={experiment}")
    asked = read(experiment)
    trained = any(task["training"] is not None for task in asked.settings["tasks"].values())
    measured = any(map(asked.at_hand, asked.files["device"]))
    assert {"make_table", "draw_figure", "gather_results"} <= set(jobs)
    assert ("train_supertransformer" in jobs) == ("search_subtransformer" in jobs) == ("train_model" in jobs) == trained
    assert ("collect_latency" in jobs) == ("measure_model" in jobs) == measured
    assert ("fetch_latency" in jobs) == (not all(map(asked.at_hand, asked.files["device"])))
    made = [study for study in STUDIES.values() if asked.asks_for(study)]
    assert jobs["make_table"] == sum(len(study.tables) for study in made)
    assert jobs["draw_figure"] == sum(len(study.figures) for study in made)
    assert any(study.name == "figure7" for study in made) == (trained and measured)


def test_the_paper_asks_for_all_of_its_constraints(repository: House) -> None:
    """44 searches and their models, on devices that are not at hand; on one that is, one more for each task."""
    jobs = repository.planned("--config", "experiment=paper")
    assert (jobs["train_supertransformer"], jobs["choose_subtransformer"], jobs["confirm_subtransformer"]) == (4, 44, 4)
    assert jobs["search_subtransformer"] == 44 + 4
    baselines, sampled, finetuned = 4 * (6 + 4 + 1), 2 * 3, 2 * 6
    assert (jobs["train_model"], jobs["fetch_latency"]) == (44 + 4 + baselines + sampled + finetuned, 8)
    assert (jobs["train_rival"], jobs["distil_model"]) == (4, 1)
    shown = {exhibit for study in STUDIES.values() if read("paper").asks_for(study) for exhibit in study.exhibits}
    assert {*(f"table{number}" for number in range(1, 9)), "distillation"} <= shown
    assert {f"figure{number}" for number in (2, 6, 7, 8, 9, 10, 11, 12)} <= shown
    one_device = "tasks: {wmt14.en-de: {space: space0, training: wmt, devices: {this-cpu: {budgets: [50%]}}}}"
    mine = repository.work / "mine.yaml"
    mine.write_text(one_device)
    assert repository.planned("--config", f"experiment={mine}")["confirm_subtransformer"] == 1


def test_nothing_is_trained_for_what_is_published(repository: House) -> None:
    jobs = repository.planned("--config", "experiment=published")
    assert (jobs["search_stand_in"], jobs["convert_architecture"]) == (44, 51)
    assert jobs["study_predictor"] == jobs["study_transfer"] == 8
    assert not {rule for rule in jobs if "corpus" in rule or "train" in rule or "measure" in rule}


def test_a_model_with_a_checkpoint_of_the_authors_is_not_trained(repository: House) -> None:
    models = "[transformer-base, {architecture: transformer-big, checkpoint: big.pt}]"
    task = f"{{training: wmt, devices: {{this-cpu: {{budgets: [], models: {models}}}}}}}"
    (repository.work / "imported.yaml").write_text(f"tasks: {{demo.de-en: {task}}}")
    jobs = repository.planned("--config", f"experiment={repository.work / 'imported.yaml'}")
    assert (jobs["import_checkpoint"], jobs["train_model"], jobs["convert_architecture"]) == (1, 1, 2)
    assert jobs["translate_model"] == jobs["measure_model"] == 2
    assert "train_supertransformer" not in jobs
    assert jobs["measure_anchor"] == 1
    assert "collect_latency" not in jobs, "a model is timed without samples"


def test_a_device_learns_from_the_predictors_that_its_task_names(repository: House) -> None:
    """One of the same experiment is made first, and learns from none itself."""
    known = "results/mine/wmt14.en-de/latency/xeon/predictor.pt"
    task = "training: null, space: space0, sentence_length: 30, devices: {xeon: {}, titanxp: {}}"
    mine = repository.work / "mine.yaml"
    mine.write_text(f"{{experiment: mine, tasks: {{wmt14.en-de: {{{task}, latency: {{sources: [{known}]}}}}}}}}")
    run = repository.snakemake("--dry-run", "--printshellcmds", "--config", f"experiment={mine}", "--quiet", "host")
    commands = re.findall(r"fit_predictor\.py.*?--seed", run.stdout + run.stderr, flags=re.DOTALL)
    told = {re.search(r"--device-name (\w+)", each)[1]: known in each for each in commands}  # type: ignore[index]
    assert told == {"xeon": False, "titanxp": True}, run.stdout + run.stderr
    missing = mine.with_name("missing.yaml")
    missing.write_text(mine.read_text().replace(known, "no/predictor.pt"))
    refused = repository.snakemake("--dry-run", "--config", f"experiment={missing}")
    assert refused.returncode != 0
    assert "no/predictor.pt" in refused.stdout + refused.stderr


def test_a_budget_may_limit_size(repository: House) -> None:
    """A search and a model of its own; what megabytes depend on is told to the one command that resolves them."""
    budgets = "[25%, {latency: 50%, parameters: 200k}, {latency: 50%, megabytes: 2}]"
    mine = repository.work / "mine.yaml"
    mine.write_text(
        f"tasks: {{demo.de-en: {{devices: {{this-cpu: {{budgets: {budgets}}}}}, studies: [pareto, gaps]}}}}"
    )
    jobs = repository.planned("--config", f"experiment={mine}")
    assert jobs["search_subtransformer"] == jobs["confirm_subtransformer"] == jobs["train_model"] == 3
    run = repository.snakemake("--dry-run", "--printshellcmds", "--config", f"experiment={mine}", "--quiet", "host")
    commands = re.findall(r"resolve_budgets\.py.*?--output", run.stdout + run.stderr, flags=re.DOTALL)
    told = {re.search(r"--budget (\S+)", each)[1]: re.findall(r"--dtype \S+|--corpus \S+", each) for each in commands}  # type: ignore[index]
    assert told == {
        "p25": [],
        "p50-200k": [],
        "p50-2MB": ["--dtype float32", "--corpus results/corpora/demo.de-en/binary"],
    }
    assert all("--budgets 25% '50%, 200k parameters' '50%, 2 MB'" in each for each in commands)


def test_the_demo_is_the_default_and_a_path_names_an_experiment(repository: House) -> None:
    by_default = repository.planned()
    assert by_default == repository.planned("--config", f"experiment={ROOT / 'config' / 'demo.yaml'}")


def test_targets_have_names(repository: House) -> None:
    jobs = repository.planned("table8")
    assert jobs["make_table"] == 1
    assert "draw_figure" not in jobs


SHOWN = ("--dry-run", "--printshellcmds", "--workflow-profile", "none")


def test_a_further_device_reaches_the_tables(repository: House) -> None:
    mine = repository.work / "further.yaml"
    mine.write_text("engine: litert\n")
    run = repository.snakemake("table8", *SHOWN, "--config", f"device={mine}")
    assert run.returncode == 0, run.stdout + run.stderr
    gathering = re.findall(r"gather_results\.py.*?--output", run.stdout + run.stderr, flags=re.DOTALL)
    assert gathering
    assert all(f"--device {mine}" in command for command in gathering)


def test_files_that_the_documentation_asks_for_have_rules(repository: House) -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    asked = {line for page in pages for line in page.read_text().splitlines() if line.startswith("snakemake results/")}
    assert asked
    for line in asked:
        _, *words = line.split()
        run = repository.snakemake("--dry-run", *words)
        assert run.returncode == 0, line + run.stdout + run.stderr


def test_every_model_can_be_shipped(repository: House) -> None:
    jobs = repository.planned("ship")
    assert jobs["export_model"] == jobs["score_model"] == jobs["translate_model"] > 5
    assert jobs["measure_model"] > 0, "a bundle says how fast it is"


def jobs_of(house: House, *words: str) -> Iterator[tuple[str, dict[str, str], dict[str, str]]]:
    """The rule of each job, its wildcards and what it asks for, as a dry-run tells them."""
    run = house.snakemake("--dry-run", *words, "--quiet", "host")
    assert run.returncode == 0, run.stdout + run.stderr
    for block in re.split(r"\nrule ", run.stdout + run.stderr)[1:]:
        told = {
            key: dict(pair.split("=", 1) for pair in re.search(rf"^ +{key}: (.*)$", block, re.M)[1].split(", "))
            for key in ("wildcards", "resources")
            if f"    {key}: " in block
        }
        yield block.split(":")[0], told.get("wildcards", {}), told["resources"]


def resources_of(house: House, *words: str) -> dict[str, dict[str, str]]:
    """What the jobs of each rule ask for."""
    return {rule: resources for rule, _, resources in jobs_of(house, *words)}


def test_one_job_at_a_time_has_the_gpu(tmp_path: Path) -> None:
    """Rules that compute on the GPU of this machine ask for it, and the default profile has one to give."""
    (tmp_path / "nvidia-smi").touch(mode=0o755)
    (tmp_path / "gpu.yaml").write_text("tasks: {demo.de-en: {devices: {this-gpu: {}}}}")
    with_gpu = House(ROOT, tmp_path, {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"})
    words = ("--config", f"experiment={tmp_path / 'gpu.yaml'}")
    asking = {rule for rule, resources in resources_of(with_gpu, *words).items() if resources["gpu"] == "1"}
    timing = {"measure_anchor", "collect_latency", "confirm_subtransformer", "measure_model"}
    training = {"train_supertransformer", "search_subtransformer", "train_model", "translate_model"}
    assert asking == timing | training
    asking = {rule for rule, resources in resources_of(with_gpu).items() if resources["gpu"] == "1"}
    studied = {"extract_model", "compare_searches", "search_pareto", "distil_model", "train_rival", "translate_rival"}
    assert asking == training | studied
    assert read_yaml(ROOT / "profiles" / "default" / "profile.yaml")["resources"] == {"gpu": 1}


SLURM = ROOT / "profiles" / "slurm"


def test_a_cluster_is_asked_for_what_a_job_needs(repository: House) -> None:
    """No training of the paper takes longer than its limit, or than a partition allows, by what `budget` knows."""
    asked = read("paper")
    estimates = {task: Estimates(asked, task) for task in asked.tasks}
    partition = read_yaml(SLURM / "partitions.yaml")["partitions"]["gpu"]
    longest = 24 * 60 * int(partition["max_runtime"].removesuffix("d"))
    trained = {"train_supertransformer": 0, "train_model": 0, "distil_model": 0, "train_rival": 0}
    profile = ("--workflow-profile", str(SLURM), "--slurm-partition-config", str(SLURM / "partitions.yaml"))
    for rule, known, resources in jobs_of(repository, *profile, "--config", "experiment=paper"):
        if rule in trained:
            task = known["task"]
            model = asked.models[task].get(known.get("model", ""))
            hours = estimates[task].model(model) if model else estimates[task].supertransformer
            gpus, minutes = int(resources["gpu"]), int(resources["runtime"])
            assert gpus == (1 if task == "iwslt14.de-en" else 8)
            assert 60 * hours / gpus < minutes <= longest
            assert gpus <= partition["max_gpu"]
            trained[rule] += 1
        elif rule in ("search_subtransformer", "translate_model", "collect_latency", "measure_model"):
            assert resources["gpu"] == "1", rule
    assert trained == {"train_supertransformer": 4, "train_model": 110, "distil_model": 1, "train_rival": 4}


def test_a_cluster_gives_what_is_timed_a_node_of_its_own() -> None:
    rules = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk") if path.stem != "benchmarks")
    bodies = {body.split(":")[0]: body for body in rules.split("\nrule ")[1:]}
    wanted = read_yaml(SLURM / "profile.yaml")["set-resources"]
    timing = {rule for rule, body in bodies.items() if "threads: ALL_CORES" in body}
    assert {rule for rule, found in wanted.items() if "exclusive" in found.get("slurm_extra", "")} == timing


def test_memory_and_time_grow_with_attempts() -> None:
    """A profile's fixed value would stand in for the rule's."""
    for rule, found in read_yaml(SLURM / "profile.yaml")["set-resources"].items():
        assert not {"mem_mb", "runtime"} & set(found), rule
    for path in (ROOT / "rules").glob("*.smk"):
        assert not re.search(r"^ +(mem_mb|runtime)=\d", path.read_text(), re.M), path


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
