"""The shipped profile on a real Slurm: the same results as without, and nothing lost to limits, failures and Ctrl-C."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hat.files import read_yaml, write_yaml

from tests.cluster import slurm
from tests.workflow.conftest import ROOT, House
from tests.workflow.recorded import EXPERIMENT, TINY, write_recorded
from tests.workflow.test_equal_runs import results

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module", autouse=True)
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    reason = slurm.missing()
    if reason is not None:
        pytest.skip(reason)
    with slurm.running(tmp_path_factory.mktemp("slurm")):
        yield


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped one, for a cluster of one node with two cores and no GPU."""
    folder = tmp_path_factory.mktemp("profile") / "slurm"
    shutil.copytree(ROOT / "profiles" / "slurm", folder)
    write_yaml(folder / "partitions.yaml", {"partitions": {"cpu": {"max_runtime": "7d"}}})
    settings = read_yaml(folder / "profile.yaml")
    settings["slurm-partition-config"] = str(folder / "partitions.yaml")
    settings["default-resources"]["gpus"] = 0
    settings["set-threads"] = dict.fromkeys(settings["set-threads"], 1)
    settings["set-resources"] = {
        rule: {key: value for key, value in found.items() if key != "gpus"}
        for rule, found in settings["set-resources"].items()
    }
    write_yaml(folder / "profile.yaml", settings)
    return folder


def submit(work: Path, profile: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return House(ROOT, work, {}).snakemake("--workflow-profile", str(profile), *words, *EXPERIMENT)


def test_results_are_those_of_a_local_run(tmp_path: Path, profile: Path) -> None:
    """Checkpoints, architectures, hypotheses, scores, tables and figures, to the bit."""
    for name in ("local", "cluster"):
        (tmp_path / name).mkdir()
        write_recorded(tmp_path / name)
    started = time.monotonic()
    run = House(ROOT, tmp_path / "local", {}).snakemake(*EXPERIMENT)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    local_s, started = time.monotonic() - started, time.monotonic()
    run = submit(tmp_path / "cluster", profile)
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-6000:]
    cluster_s = time.monotonic() - started
    submitted = len(re.findall("has been submitted with SLURM jobid", run.stdout + run.stderr))
    print(f"local {local_s:.0f} s, cluster {cluster_s:.0f} s, {submitted} submitted jobs")
    local, found = results(tmp_path / "local"), results(tmp_path / "cluster")
    assert list(local) == list(found)
    assert not [name for name in local if local[name] != found[name]]
    assert submitted > 20
    assert slurm.queue() == []


def test_what_is_timed_has_a_node_of_its_own(tmp_path: Path, profile: Path) -> None:
    write_recorded(
        tmp_path, devices={"this-cpu": {"budgets": []}}, latency={"samples": 10, "runs": 2, "shards": 1}, studies=[]
    )
    run = submit(tmp_path, profile, "results/recorded/tiny.de-en/latency/this-cpu/samples.csv")
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    jobs = slurm.said("scontrol", "show", "job")
    timed = next(job for job in jobs.split("\n\n") if "collect_latency" in job)
    assert re.search(r"OverSubscribe=NO|Shared=NO", timed)


def test_a_training_that_runs_into_its_limit_goes_on(tmp_path: Path, profile: Path) -> None:
    """Its limit is a minute, its only validation comes at its end: each attempt goes on where the last one was."""
    recipe = read_yaml(TINY / "training.yaml")
    long = recipe["supertransformer"] | {"updates": 8000, "validate_every_updates": 8000}
    write_yaml(tmp_path / "long.yaml", recipe | {"supertransformer": long, "save_every_minutes": 0.1})
    write_recorded(tmp_path, training="./long.yaml", studies=[])
    target = "results/recorded/tiny.de-en/supertransformer/checkpoint.pt"
    limit = ("train_supertransformer:runtime=1", "train_supertransformer:mem_mb=8000")  # else it grows beyond this node
    run = submit(tmp_path, profile, target, "--set-resources", *limit, "--retries", "12")
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    log = next((tmp_path / "results/recorded").glob("*/rolling/train_supertransformer-*/fairseq.log")).read_text()
    starts = re.findall(r"Loaded checkpoint .*checkpoint_last.pt \(epoch \d+ @ (\d+) updates\)", log)
    assert starts, "it ended within its limit"
    assert all(int(update) > 0 for update in starts)


def test_a_failing_command_has_the_last_word(tmp_path: Path, profile: Path) -> None:
    recipe = read_yaml(TINY / "training.yaml")
    wild = recipe["supertransformer"] | {"lr": 1e30, "warmup_updates": 0, "clip_norm": 0.0}
    write_yaml(tmp_path / "wild.yaml", recipe | {"supertransformer": wild})
    write_recorded(tmp_path, training="./wild.yaml", studies=[])
    started = time.monotonic()
    run = submit(tmp_path, profile, "results/recorded/tiny.de-en/supertransformer/checkpoint.pt", "--retries", "1")
    assert run.returncode != 0
    told = (run.stdout + run.stderr).splitlines()
    line = max(number for number, text in enumerate(told) if "error: train_supertransformer: diverged" in text)
    assert len(told) - line < 60
    assert time.monotonic() - started < 300


def test_ctrl_c_leaves_no_job(tmp_path: Path, profile: Path) -> None:
    write_recorded(tmp_path)
    words = ["--workflow-profile", str(profile), *EXPERIMENT, "--directory", str(tmp_path)]
    snakemake = subprocess.Popen(
        ["python", "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), *words],
        cwd=tmp_path,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores it
    )
    deadline = time.monotonic() + 120
    while not slurm.queue():
        assert time.monotonic() < deadline
        time.sleep(0.5)
    snakemake.send_signal(signal.SIGINT)
    snakemake.wait(120)
    deadline = time.monotonic() + 30
    while slurm.queue():
        assert time.monotonic() < deadline, slurm.queue()
        time.sleep(0.5)
