"""Two clones with the same experiment and the same recorded latencies make the same files, to the bit; and say so."""

from __future__ import annotations

from pathlib import Path

import pytest
from hat.files import read_csv, read_json

from tests.workflow.conftest import ROOT, House
from tests.workflow.recorded import EXPERIMENT, write_recorded

SAME = ("*.pt", "*.csv", "*.md", "*.tex", "subtransformer.yaml", "*.hyp", "score/*.json", "*.png")


def results(folder: Path) -> dict[str, bytes]:
    """What two runs must have in common: checkpoints, architectures, hypotheses, scores, tables and figures.

    How long trainings took, which tables show beside what they found, is the run's own.
    """
    root = folder / "results"
    found = {path for pattern in SAME for path in root.rglob(pattern) if "rolling" not in path.parts}
    return {path.relative_to(root).as_posix(): _without_times(path) for path in sorted(found)}


def _without_times(path: Path) -> bytes:
    content = path.read_bytes()
    if path.suffix != ".csv" or b"seconds" not in content.partition(b"\n")[0]:
        return content
    return repr([{key: row[key] for key in row if "seconds" not in key} for row in read_csv(path)]).encode()


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> list[House]:
    found = []
    for name in ("one", "two"):
        house = House(ROOT, tmp_path_factory.mktemp(name), {})
        write_recorded(house.work, studies=[])
        run = house.snakemake(*EXPERIMENT)
        assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-6000:]
        found.append(house)
    return found


def test_they_make_the_same_files(houses: list[House]) -> None:
    one, two = (results(house.work) for house in houses)
    assert list(one) == list(two)
    assert (
        len([name for name in one if name.endswith("checkpoint.pt")]) == 4
    )  # SuperTransformer, two winners, a baseline
    assert {"recorded/paper/table8.csv", "recorded/paper/figure6.png"} <= set(one)
    assert not [name for name in one if one[name] != two[name]]


def test_what_is_predicted_stands_in_a_column_of_its_own(houses: list[House]) -> None:
    table = (houses[0].work / "results" / "recorded" / "paper" / "table8.md").read_text()
    head = next(line for line in table.splitlines() if line.startswith("| Task"))
    assert "Predicted latency" in head
    assert "| Latency" not in head


def test_their_record_tells_when_a_file_changes(houses: list[House]) -> None:
    house = houses[0]
    record = house.work / "results" / "recorded" / "provenance.json"
    recorded = house.snakemake("record_provenance", *EXPERIMENT)
    assert recorded.returncode == 0, recorded.stdout + recorded.stderr
    content = read_json(record)
    assert "recorded.yaml" in content["inputs"]
    assert "results/recorded/paper/table8.csv" in content["outputs"]
    assert content["hours"]["train_model"]["jobs"] == 3
    crate = read_json(record.with_name("ro-crate-metadata.json"))["@graph"]
    (action,) = [entity for entity in crate if entity["@type"] == "CreateAction"]
    assert len(action["result"]) == len(content["outputs"])
    assert house.snakemake("verify", *EXPERIMENT).returncode == 0
    table = house.work / "results" / "recorded" / "paper" / "table8.csv"
    table.write_text(table.read_text() + " ")
    table.with_suffix(".md").unlink()
    run = house.snakemake("verify", *EXPERIMENT)
    assert run.returncode != 0
    told = run.stdout + run.stderr
    assert "error: results/recorded/paper/table8.csv: is not as it was recorded; legal: SHA-256 " in told
    assert "error: results/recorded/paper/table8.md: is gone; legal: the file that was recorded" in told
