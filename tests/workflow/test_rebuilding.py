"""What is rebuilt after a change, and what is not: a finished run in which commands only pretend to work."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workflow.conftest import House, copy_house

HERE = Path(__file__).parent
EXPERIMENT = "tests/small.yaml"
PAPER = {"gather_results": 1, "make_table8": 1, "draw_models": 1}
ONE_MODEL = {"train_model": 1, "translate_model": 1, "score_model": 1}
ONE_SEARCH = {"search_subtransformer": 1, "confirm_subtransformer": 1}
DEVICE = "config/devices/this-cpu.yaml"
CORPUS = "config/corpora/demo.de-en.yaml"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A copy of the repository in which everything of small.yaml is built, by commands that only pretend."""
    folder = tmp_path_factory.mktemp("house")
    # bash reads this file before each job: its `python` is the pretender
    fake = f"python() {{ '{sys.executable}' -S -E '{HERE / 'fake_command.py'}' \"$@\"; }}\n"
    (folder / "fake.sh").write_text(fake)
    house = copy_house(folder, {"BASH_ENV": str(folder / "fake.sh")})
    (folder / "tests").mkdir()
    (folder / EXPERIMENT).write_text((HERE / "small.yaml").read_text())
    run = house.snakemake("--quiet", "all", "--config", f"experiment={EXPERIMENT}")
    assert run.returncode == 0, run.stdout + run.stderr
    return house


@pytest.fixture
def house(finished: House) -> Iterator[House]:
    """The finished copy; sources that a test changes are put back."""
    sources = [path for part in ("config", "workflow_scripts", "tests") for path in (finished.root / part).rglob("*.*")]
    before = {path: (path.read_bytes(), path.stat()) for path in sources if path.is_file()}
    yield finished
    for path, (content, stat) in before.items():
        path.write_bytes(content)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def planned(house: House) -> dict[str, int]:
    return house.planned("--config", f"experiment={EXPERIMENT}")


def test_a_second_run_has_nothing_to_do(house: House) -> None:
    assert planned(house) == {}


def test_a_checkout_that_touches_every_file_rebuilds_nothing(house: House) -> None:
    for path in house.root.rglob("*"):
        if path.is_file() and "results" not in path.parts and ".snakemake" not in path.parts:
            path.touch()
    assert planned(house) == {}


def test_comments_and_descriptions_rebuild_nothing(house: House) -> None:
    for file in ("workflow_scripts/train_model.py", "workflow_scripts/hat/architecture.py", DEVICE, EXPERIMENT):
        with open(house.root / file, "a") as stream:
            stream.write("# a remark\n")
    house.replace(DEVICE, "description: ", "description: Here. ")
    assert planned(house) == {}


def test_another_budget_rebuilds_its_search_its_model_and_the_paper(house: House) -> None:
    house.replace(EXPERIMENT, "75%", "80%")
    assert planned(house) == {"resolve_budgets": 1, **ONE_SEARCH, "measure_model": 1, **ONE_MODEL, **PAPER}


def test_another_baseline_leaves_the_searches_alone(house: House) -> None:
    house.replace(EXPERIMENT, "width: [32]", "width: [32, 64]")
    assert planned(house) == {"design_baseline": 1, "measure_model": 1, **ONE_MODEL, **PAPER}


@pytest.mark.parametrize(
    ("file", "old", "new", "rebuilt", "kept"),
    [
        (
            EXPERIMENT,
            "samples: 20",
            "samples: 30",
            {"collect_latency": 2, "search_subtransformer": 2, "train_model": 2},
            {"train_supertransformer", "design_baseline", "encode_bpe"},
        ),
        (
            "config/training/demo.yaml",
            "subtransformer:\n  updates: ",
            "subtransformer:\n  updates: 1",
            {"train_model": 4, "translate_model": 4, "draw_models": 1},
            {"train_supertransformer", "search_subtransformer", "collect_latency", "measure_model"},
        ),
        (
            "config/spaces/demo.yaml",
            "ffn_ratio: 2",
            "ffn_ratio: 4",
            {"design_baseline": 2, "train_model": 2, "measure_model": 2},
            {"train_supertransformer", "collect_latency", "search_subtransformer"},
        ),
        (
            DEVICE,
            "threads: 1",
            "threads: 2",
            {"collect_latency": 2, "measure_model": 4, "search_subtransformer": 2, "confirm_subtransformer": 2},
            {"train_supertransformer", "binarise_corpus"},
        ),
        (
            CORPUS,
            "bpe: ",
            "bleu: compound-split\nbpe: ",
            {"gather_results": 1},
            {"score_model", "measure_model", "clean_corpus"},
        ),
        (
            "workflow_scripts/hat/scoring.py",
            "from pathlib import Path\n",
            "from pathlib import Path\n\nCHANGED = 1\n",
            {"score_model": 4, "make_table8": 1},
            {"translate_model", "train_model", "measure_model", "search_subtransformer"},
        ),
        (
            CORPUS,
            "bpe: ",
            "bpe: 1",
            {"encode_bpe": 1, "binarise_corpus": 1, "train_supertransformer": 1, "train_model": 4},
            {"generate_corpus", "clean_corpus", "tokenise_corpus"},
        ),
    ],
    ids=[
        "latency samples",
        "training recipe",
        "baseline shape",
        "device threads",
        "tables' BLEU",
        "library file",
        "vocabulary size",
    ],
)
def test_a_changed_value_rebuilds_its_descendants(
    house: House, file: str, old: str, new: str, rebuilt: dict[str, int], kept: set[str]
) -> None:
    house.replace(file, old, new)
    jobs = planned(house)
    assert jobs | rebuilt == jobs
    assert not kept & set(jobs)


def test_the_corpus_is_shared_by_experiments(house: House) -> None:
    other = house.root / "tests" / "other.yaml"
    other.write_text((house.root / EXPERIMENT).read_text().replace("experiment: small", "experiment: other"))
    try:
        jobs = house.planned("--config", f"experiment={other}")
    finally:
        other.unlink()
    assert jobs["train_supertransformer"] == 1
    assert not {"generate_corpus", "clean_corpus", "tokenise_corpus", "encode_bpe", "binarise_corpus"} & set(jobs)
