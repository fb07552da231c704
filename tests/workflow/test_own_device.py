"""A device that ssh does not reach: an archive goes there, its file comes back, and the workflow goes on with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hat.files import read_csv, write_yaml
from hat_workflow import paths

from tests.workflow.conftest import ROOT, House

EXPERIMENT = ("--config", "experiment=mine.yaml", "device=board.yaml")
NAMES = {"experiment": "mine", "task": "demo.de-en", "device": "board", "corpus": "demo.de-en"}


def test_a_device_is_timed_by_hand(tmp_path: Path) -> None:
    task = {
        "space": "tests/workflow/tiny/space.yaml",
        "training": "tests/workflow/tiny/training.yaml",
        "latency": {"samples": 20, "runs": 2},
    }
    write_yaml(tmp_path / "mine.yaml", {"tasks": {"demo.de-en": task}})
    write_yaml(tmp_path / "board.yaml", {"engine": "litert", "measured": "measured.jsonl"})
    house, samples = House(ROOT, tmp_path, {}), paths.SAMPLES.format(**NAMES)

    refused = house.snakemake(samples, *EXPERIMENT)
    assert "measured.jsonl" in refused.stdout + refused.stderr
    assert refused.returncode != 0

    pack = [sys.executable, str(ROOT / "workflow_scripts" / "pack_device.py"), "--experiment", "mine.yaml"]
    subprocess.run([*pack, "--device", "board.yaml", "--output", "kit.pyz"], cwd=tmp_path, check=True)
    subprocess.run([sys.executable, "-I", "kit.pyz"], cwd=tmp_path, check=True)
    run = house.snakemake("device", *EXPERIMENT)
    assert run.returncode == 0, run.stdout + run.stderr
    assert len(read_csv(tmp_path / samples, ["latency_ms"])) == 20
    assert house.planned("device", *EXPERIMENT) == {}
