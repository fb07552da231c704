"""The paper's experiment at the size of a laptop: all its studies, from stand-ins of what it downloads."""

from __future__ import annotations

from pathlib import Path

import make_rehearsal
import pytest
from hat_workflow.experiment import read

from tests.workflow.conftest import ROOT, House

EXPERIMENT = ("--config", "experiment=rehearsal.yaml", "mirror=mirror")


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> House:
    folder = tmp_path_factory.mktemp("rehearsal") / "all"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(make_rehearsal, "PAIRS", {"train": 60, "valid": 6, "test": 4})
        make_rehearsal.main(make_rehearsal.parser().parse_args(["--output", str(folder)]))
    return House(ROOT, folder, {})


def test_it_asks_for_what_the_paper_asks_for(rehearsal: House, repository: House) -> None:
    """The same rules, and the same studies of each task; a CPU in place of the GPU."""
    rehearsed = rehearsal.planned(*EXPERIMENT)
    assert set(rehearsed) == set(repository.planned("--config", "experiment=paper"))
    paper = read("paper").tasks
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(rehearsal.work)
        tasks = read("rehearsal.yaml").tasks
    assert {name: task["studies"] for name, task in tasks.items()} == {
        name: task["studies"] for name, task in paper.items()
    }
    assert {name: task["space"] for name, task in tasks.items()} == {
        name: task["space"] for name, task in paper.items()
    }
    assert all(len(task["devices"]) == len(paper[name]["devices"]) for name, task in tasks.items())


@pytest.mark.parametrize("corpus", ["wmt14.en-de", "wmt14.en-fr", "wmt19.en-de", "iwslt14.de-en"])
def test_its_downloads_have_the_formats_of_the_papers(corpus: str, rehearsal: House) -> None:
    target = f"results/corpora/{corpus}/clean"
    run = rehearsal.snakemake(target, *EXPERIMENT)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    languages = corpus.split(".")[1].split("-")
    for split in ("train", "valid", "test"):
        sides = [
            (Path(rehearsal.work) / target / f"{split}.{language}").read_text().splitlines() for language in languages
        ]
        assert len(sides[0]) == len(sides[1]) > 0
