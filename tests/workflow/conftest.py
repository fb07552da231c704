"""Snakemake as the workflow tests call it, on a copy of the repository that they may change."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.workflow.forking import Snakemake

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
EXPERIMENT = "tests/small.yaml"
SNAKEMAKE = Snakemake()
PARTS = ("Snakefile", "rules", "config", "workflow_scripts", "envs", "profiles", "report")


@dataclass(frozen=True)
class House:
    """A repository, and the folder in which Snakemake works for it."""

    root: Path
    work: Path
    environment: dict[str, str]

    def snakemake(self, *words: str) -> subprocess.CompletedProcess[str]:
        place = ("--snakefile", str(self.root / "Snakefile"), "--cores", "2", "--directory", str(self.work))
        return SNAKEMAKE(*place, *words, cwd=self.work, env=os.environ | {"OMP_NUM_THREADS": "1"} | self.environment)

    def planned(self, *words: str) -> dict[str, int]:
        """The jobs that a dry-run announces: how many of each rule."""
        run = self.snakemake("--dry-run", *words)
        assert run.returncode == 0, run.stdout + run.stderr
        table = re.findall(r"^(\w+) +(\d+)$", run.stdout + run.stderr, flags=re.MULTILINE)
        return {rule: int(jobs) for rule, jobs in table if rule not in ("all", "total")}

    def replace(self, file: str, old: str, new: str) -> None:
        path = self.root / file
        text = path.read_text()
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new))


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> House:
    """This repository as it is, Snakemake working elsewhere."""
    return House(ROOT, tmp_path_factory.mktemp("work"), {})


def copy_house(folder: Path, environment: dict[str, str]) -> House:
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("*.pyc"))
        else:
            shutil.copy(source, folder / part)
    return House(folder, folder, environment)


def finished_house(folder: Path, experiment: str) -> House:
    """A copy of the repository in which everything of an experiment is built, by commands that only pretend."""
    # bash reads this file before each job: its `python` is the pretender
    fake = f"python() {{ '{sys.executable}' -S -E '{HERE / 'fake_command.py'}' \"$@\"; }}\n"
    (folder / "fake.sh").write_text(fake)
    house = copy_house(folder, {"BASH_ENV": str(folder / "fake.sh")})
    (folder / "tests").mkdir()
    (folder / EXPERIMENT).write_text(experiment)
    run = house.snakemake("--quiet", "all", "--config", f"experiment={EXPERIMENT}")
    assert run.returncode == 0, run.stdout + run.stderr
    return house


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Everything of small.yaml."""
    return finished_house(tmp_path_factory.mktemp("house"), (HERE / "small.yaml").read_text())
