"""What is rebuilt after a change, and what is not: a finished run in which commands only pretend to work."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hat.engines.factory import RUNS_ON
from hat_workflow import settings
from hat_workflow.code_hash import hashed_files

from tests.workflow.conftest import EXPERIMENT, HERE, House, finished_house

PAPER = {"gather_results": 1, "make_table": 1, "draw_figure": 1}
LIBRARY = "workflow_scripts/hat/"
PLUGIN = "workflow_scripts/hat_fairseq/"
ONE_MODEL = {"train_model": 1, "translate_model": 1, "score_model": 1}
ONE_SEARCH = {"search_subtransformer": 1, "confirm_subtransformer": 1}
DEVICE = "config/devices/this-cpu.yaml"
CORPUS = "config/corpora/demo.de-en.yaml"
OWN = "{source: de, target: en, train: text/train, valid: text/valid, test: text/test, bpe: 48}"
STUDIED = (HERE / "small.yaml").read_text().replace("demo.de-en:", "own:")
STUDIED = STUDIED.replace("    baselines:", "      this-cpu-torch: {budgets: [75%]}\n    baselines:")
STUDIED += "    corpus: text/own.de-en.yaml\n    studies: [table3, table4]\n"


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> House:
    """With rivals, a device that holds them, and a corpus of one's own."""
    folder = tmp_path_factory.mktemp("studied")
    (folder / "text").mkdir()
    for name in ("train.de", "train.en", "valid.de", "valid.en", "test.de", "test.en"):
        (folder / "text" / name).write_text("eins zwei\n")
    (folder / "text" / "own.de-en.yaml").write_text(OWN)
    return finished_house(folder, STUDIED)


@pytest.fixture
def house(finished: House) -> Iterator[House]:
    yield from kept(finished)


@pytest.fixture
def house_of_studies(studied: House) -> Iterator[House]:
    yield from kept(studied)


def kept(finished: House) -> Iterator[House]:
    """The finished copy; sources that a test changes are put back."""
    sources = [
        path for part in ("config", "workflow_scripts", "tests", "text") for path in (finished.root / part).rglob("*.*")
    ]
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


def test_only_the_engine_of_a_device_is_behind_its_latencies(house: House) -> None:
    def change(engine: str) -> None:
        house.replace(
            f"workflow_scripts/hat/engines/{engine}.py", "import annotations\n", "import annotations\nCHANGED = 1\n"
        )

    named = settings.load("device", house.root / DEVICE)["engine"]
    for engine in RUNS_ON:
        if engine != named:
            change(engine)
    assert planned(house) == {}
    change(named)
    jobs = planned(house)
    assert jobs.items() >= {"collect_latency": 2, "measure_model": 4, "confirm_subtransformer": 2}.items()
    assert not {"train_supertransformer", "binarise_corpus", "design_baseline"} & set(jobs)


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
            {"collect_latency": 2, "search_subtransformer": 2, "train_model": 2, "measure_model": 2},
            {"train_supertransformer", "design_baseline", "encode_bpe", "measure_anchor"},
        ),
        (
            "config/training/demo.yaml",
            "subtransformer:\n  updates: ",
            "subtransformer:\n  updates: 1",
            {"train_model": 4, "translate_model": 4, "draw_figure": 1},
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
            DEVICE,
            "threads: 1",
            "threads: 1\nssh: {host: pi}",
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
            {"score_model": 4, "make_table": 1},
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
        "where a device is timed",
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


STUDIES_PAPER = {"gather_results": 5, "make_table": 3, "draw_figure": 2}
RIVALS = {"measure_rival": 3, "gather_results": 1, "make_table": 1}


@pytest.mark.parametrize(
    ("file", "old", "new", "rebuilt"),
    [
        (LIBRARY + "footprint.py", "ON_DEMAND_USD = 0.74, 2.48", "ON_DEMAND_USD = 0.74, 2.50", STUDIES_PAPER),
        (LIBRARY + "progress.py", "EVERY_SECONDS = 5.0", "EVERY_SECONDS = 6.0", {}),
        (LIBRARY + "errors.py", "n=1)", "n=2)", {}),
        (LIBRARY + "paper/table4.py", 'caption="Searched', 'caption="The searched', {"make_table": 1}),
        (PLUGIN + "rivals/timing.py", "SENTENCES = 20", "SENTENCES = 21", RIVALS),
        (PLUGIN + "distillation.py", "WEIGHT = 0.5", "WEIGHT = 0.6", {}),
    ],
    ids=["price", "progress interval", "error", "title of a table", "timed sentences of a rival", "distillation"],
)
def test_an_edit_rebuilds_what_it_changes(
    house_of_studies: House, file: str, old: str, new: str, rebuilt: dict[str, int]
) -> None:
    house_of_studies.replace(file, old, new)
    assert planned(house_of_studies) == rebuilt


def test_the_searchs_patience_rebuilds_searches_and_keeps_every_loss(house_of_studies: House) -> None:
    house_of_studies.replace(LIBRARY + "search/evolution.py", "PATIENCE = 1000", "PATIENCE = 2000")
    jobs = planned(house_of_studies)
    assert jobs["search_subtransformer"] == jobs["confirm_subtransformer"] == 3
    assert not {"train_supertransformer", "collect_latency", "fit_predictor", "train_rival"} & set(jobs)
    # the memo of losses is named by what computes a loss
    assert "hat/search/evolution.py" not in hashed_files("hat_fairseq.inherited")


@pytest.mark.parametrize("name", ["train.de", "test.en"])
def test_an_edited_text_of_ones_own_rebuilds_everything_of_it(house_of_studies: House, name: str) -> None:
    with open(house_of_studies.root / "text" / name, "a") as stream:
        stream.write("drei\n")
    jobs = planned(house_of_studies)
    assert jobs["fetch_corpus"] == jobs["train_supertransformer"] == 1
    assert jobs["train_model"] == 6
    assert jobs["collect_latency"] == 4


def test_a_touched_text_of_ones_own_rebuilds_nothing(house_of_studies: House) -> None:
    (house_of_studies.root / "text" / "train.de").touch()
    assert planned(house_of_studies) == {}
