"""Two clones with the same experiment and the same recorded latencies make the same files, to the bit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workflow.conftest import ROOT, House
from tests.workflow.recorded import EXPERIMENT, write_recorded

SAME = (
    "**/*.pt",
    "**/*.csv",
    "**/*.md",
    "**/*.tex",
    "**/subtransformer.yaml",
    "**/*.hyp",
    "**/score/*.json",
    "**/*.png",
)
DIFFERING = ("rolling", "accepted.csv")


def results(folder: Path) -> dict[str, bytes]:
    """What two runs must have in common: checkpoints, architectures, hypotheses, scores, tables and figures."""
    root = folder / "results"
    found = {path for pattern in SAME for path in root.glob(pattern) if not set(DIFFERING) & set(path.parts)}
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(found)}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, bytes]]:
    found = []
    for name in ("one", "two"):
        work = tmp_path_factory.mktemp(name)
        write_recorded(work)
        run = House(ROOT, work, {}).snakemake(*EXPERIMENT)
        assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-6000:]
        found.append(results(work))
    return found


def test_they_make_the_same_files(runs: list[dict[str, bytes]]) -> None:
    one, two = runs
    assert list(one) == list(two)
    assert len([name for name in one if name.endswith("checkpoint.pt")]) > 10
    assert {"recorded/paper/table8.csv", "recorded/paper/table5.csv", "recorded/paper/figure9.png"} <= set(one)


def test_they_agree_to_the_bit(runs: list[dict[str, bytes]]) -> None:
    one, two = runs
    assert not [name for name in one if one[name] != two[name]]
