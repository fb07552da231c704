"""A device that ssh does not reach: an archive goes there, its file comes back, and the workflow goes on with it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from hat.files import read_csv, read_json, write_yaml
from hat.latency import serve
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
    assert re.match(r"error: .*measured\.jsonl: ", refused.stderr.splitlines()[-1]), "the last line on the screen"
    assert refused.returncode != 0

    def by_hand(command: str, device: str) -> subprocess.CompletedProcess[str]:
        words = [str(ROOT / "workflow_scripts" / f"{command}.py"), "--experiment", "mine.yaml", "--device", device]
        return subprocess.run([sys.executable, *words], cwd=tmp_path, capture_output=True, text=True)

    refused = by_hand("compare_engines", "board.yaml")
    assert (refused.returncode, refused.stderr) == (
        2,
        "error: board.yaml: is not reached from here; legal: on the device: python3 kit.pyz --compare\n",
    )
    packed = by_hand("pack_device", "board.yaml")
    assert packed.returncode == 0, packed.stderr
    kit = [sys.executable, "-I", "kit.pyz"]
    subprocess.run([*kit, "--compare"], cwd=tmp_path, check=True)
    compared = tmp_path / "compared.json"
    assert {row["engine"] for row in read_json(compared)["rows"]} == {"litert", "onnxruntime"}
    compared.unlink()
    write_yaml(tmp_path / "here.yaml", {"engine": "litert"})
    found = by_hand("compare_engines", "here.yaml")
    assert "; the file of the device: engine: " in found.stderr
    assert {row["dtype"] for row in read_json(compared)["rows"]} == {"float32"}

    subprocess.run(kit, cwd=tmp_path, check=True)
    run = house.snakemake("device", *EXPERIMENT)
    assert run.returncode == 0, run.stdout + run.stderr
    assert len(read_csv(tmp_path / samples, ["latency_ms"])) == 20
    assert house.planned("device", *EXPERIMENT) == {}

    path, (how, sub) = (
        tmp_path / "measured.jsonl",
        map(json.loads, (tmp_path / "measured.jsonl").open().readlines()[:2]),
    )
    later = how["setting"] | {"protocol": how["setting"]["protocol"] | {"runs": 3}}
    serve.by_hand([json.dumps(later), sub["architecture"]], path)
    assert house.planned("device", *EXPERIMENT) == {}, "a later archive only adds"
    first = read_csv(tmp_path / samples, ["latency_ms"])
    path.unlink()
    subprocess.run(kit, cwd=tmp_path, check=True)
    assert "collect_latency" in house.planned("device", *EXPERIMENT)
    run = house.snakemake("device", *EXPERIMENT)
    assert run.returncode == 0, run.stdout + run.stderr
    again = read_csv(tmp_path / samples, ["latency_ms"])
    assert not {row["latency_ms"] for row in first} & {row["latency_ms"] for row in again}, "another measurement"
    write_yaml(tmp_path / "board.yaml", {"engine": "litert"})
    assert "collect_latency" in house.planned("device", *EXPERIMENT), "the same device, timed here"
