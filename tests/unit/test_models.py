"""Which models an experiment asks for, and which studies it may ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sample_subtransformer
from hat.errors import InputError
from hat.files import write_yaml
from hat_workflow import experiment
from hat_workflow.artifacts import artifacts
from hat_workflow.models import Model
from hat_workflow.studies import MAIN, STUDIES

from tests.spaces import TINY

TASK = {"devices": {"this-cpu": {"budgets": ["25%", "75%"]}, "this-cpu-torch": {"budgets": ["50%"]}}}
BASELINES = {"baselines": {"depth": [1, 2], "width": [32]}}
FAR = {"corpus": "wmt14.en-de", "space": "space0", "training": "wmt", "devices": {"titanxp": {"budgets": ["150ms"]}}}


NO_RIVALS = (
    "without a device here that has the engine torch_eager and a budget; legal: "
    "devices: {this-cpu-torch: {budgets: [60%]}}"
)


def read(folder: Path, task: dict[str, Any], name: str = "demo.de-en") -> experiment.Experiment:
    write_yaml(folder / "asked.yaml", {"tasks": {name: task}})
    return experiment.read(str(folder / "asked.yaml"))


def models(folder: Path, *studies: str) -> dict[str, Model]:
    return read(folder, TASK | BASELINES | {"studies": list(studies)}).models["demo.de-en"]


def test_without_studies_there_are_searches_and_baselines(tmp_path: Path) -> None:
    found = models(tmp_path)
    assert {model.family for model in found.values()} == {"hat", "depth", "width"}
    assert found["hat-this-cpu-p25"].devices == ("this-cpu",)
    assert found["transformer-depth-1"].devices == ("this-cpu", "this-cpu-torch")


def test_studies_share_what_they_train(tmp_path: Path) -> None:
    alone = [set(models(tmp_path, study)) for study in ("table4", "table5", "table6")]
    together = models(tmp_path, "table4", "table5", "table6")
    assert set(together) == set.union(*alone)
    assert len(together) < sum(map(len, alone)) - 2 * len(models(tmp_path))


def test_what_derives_from_a_model_has_its_architecture_and_its_latency(tmp_path: Path) -> None:
    found = models(tmp_path, "table6", "table7", "distillation")
    tuned = found["hat-this-cpu-p25-finetuned"]
    assert (tuned.base, tuned.initial, tuned.made_by) == (
        "hat-this-cpu-p25",
        "hat-this-cpu-p25-inherited",
        "train_model",
    )
    assert tuned.architecture == found["hat-this-cpu-p25"].architecture
    assert tuned.timed_as == "hat-this-cpu-p25"
    packed = found["hat-this-cpu-p75-4bit-all"]
    assert (packed.initial, packed.bits, packed.embeddings, packed.made_by) == (
        "hat-this-cpu-p75",
        4,
        True,
        "quantise_model",
    )
    student = found["hat-this-cpu-p25-distilled"]
    assert (student.teacher, student.base, student.initial) == ("hat-this-cpu-p75", "hat-this-cpu-p25", None)
    assert found["hat-this-cpu-p25-inherited"].made_by == "extract_model"


def test_rivals_are_as_large_as_the_deepest_transformer(tmp_path: Path) -> None:
    found = models(tmp_path, "table3")
    assert {name for name, model in found.items() if model.is_rival} == {"levenshtein", "evolved", "lite"}
    assert found["lite"].architecture.endswith("/baselines/transformer-depth-2.yaml")
    assert {found[name].made_by for name in ("levenshtein", "evolved", "lite")} == {"train_rival"}


def test_table1_measures_each_search_on_every_device(tmp_path: Path) -> None:
    asked = read(tmp_path, TASK | {"studies": ["table1"]})
    on_torch = {model.name for model in asked.measured_on("demo.de-en", "this-cpu-torch")}
    assert on_torch == {"hat-this-cpu-p25", "hat-this-cpu-p75", "hat-this-cpu-torch-p50"}
    assert {model.name for model in read(tmp_path, TASK).measured_on("demo.de-en", "this-cpu-torch")} == {
        "hat-this-cpu-torch-p50"
    }
    assert asked.models_of("demo.de-en", STUDIES["table4"]) == []
    assert len(asked.models_of("demo.de-en", STUDIES[MAIN])) == 3


@pytest.mark.parametrize(("name", "rivals"), [("table2", ["evolved"]), ("table3", ["levenshtein", "evolved", "lite"])])
def test_rivals_are_compared_on_this_machine_under_eager_torch_alone(
    tmp_path: Path, name: str, rivals: list[str]
) -> None:
    write_yaml(tmp_path / "board.yaml", {"engine": "torch_eager", "ssh": {"host": "board"}})
    devices = TASK["devices"] | {str(tmp_path / "board.yaml"): {"budgets": ["50%"]}}
    asked, study = read(tmp_path, {"devices": devices, "studies": [name]} | BASELINES), STUDIES[name]
    found = asked.models_of("demo.de-en", study)
    assert [model.name for model in found] == [
        *("hat-this-cpu-torch-p50", "transformer-depth-1", "transformer-depth-2", *rivals)
    ]
    assert {asked.shown_on("demo.de-en", model, study) for model in found} == {("this-cpu-torch",)}
    gathered = artifacts(asked, study, "models")
    assert {artifact.identity["device"] for artifact in gathered} == {"this-cpu-torch"}
    assert len(gathered) == len(found)
    assert [known["device"] for known in asked.devices_of(study)] == ["this-cpu-torch"]
    timed = {device: asked.measured_on("demo.de-en", device) for device in asked.tasks["demo.de-en"]["devices"]}
    rivals_on = {device: [model.name for model in models if model.is_rival] for device, models in timed.items()}
    assert rivals_on == {"this-cpu": [], "this-cpu-torch": rivals, "board": []}


@pytest.mark.parametrize(
    ("task", "line"),
    [
        ({"studies": ["table55"]}, "did you mean 'table5'?"),
        ({"studies": ["stand_in"]}, "stand_in where models are trained; legal: training: null, or no stand_in"),
        ({"studies": ["table2"]}, "table2 without a Transformer as large; legal: baselines > depth, or no table2"),
        (
            {"devices": {"this-cpu": {"budgets": ["25%"]}}, "studies": ["distillation"]},
            "distillation with fewer than 2 budgets for the first device; legal: at least 2, or no distillation",
        ),
        (
            {"training": None, "sentence_length": 9, "studies": ["table4"]},
            "table4 where nothing is trained; legal: training: NAME, or no table4",
        ),
        (
            FAR | {"studies": ["figure2"]},
            "figure2 where no device is at hand; legal: a device to measure on, or no figure2",
        ),
        (
            FAR | {"devices": FAR["devices"] | {"this-cpu": {}}, "studies": ["online"]},
            "online on a device that is not at hand; legal: another first device, or no online",
        ),
        (
            FAR | {"devices": {"this-cpu": {}} | FAR["devices"], "baselines": {"depth": [6]}, "studies": ["table3"]},
            f"table3 {NO_RIVALS}, or no table3",
        ),
        (
            {"devices": {"this-cpu": {}, "this-cpu-torch": {"budgets": []}}} | BASELINES | {"studies": ["table2"]},
            f"table2 {NO_RIVALS}, or no table2",
        ),
    ],
)
def test_a_study_that_has_nothing_to_study_is_one_line(tmp_path: Path, task: dict[str, Any], line: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, task, task.get("corpus", "demo.de-en"))
    assert line in str(caught.value)
    assert "> studies" in str(caught.value)


def test_a_device_has_the_number_formats_of_its_engine(tmp_path: Path) -> None:
    device = tmp_path / "mine.yaml"
    task = {"devices": {str(device): {"budgets": ["25%"]}}}
    for engine, dtype in (("litert", "int8"), ("onnxruntime", "float32"), ("torch_eager", "bfloat16")):
        write_yaml(device, {"engine": engine, "dtype": dtype})
        assert read(tmp_path, task).at_hand("mine")
    for wrong, told in (
        ({"dtype": "int8"}, "dtype: 'int8' with the engine torch_eager; legal: float32, bfloat16, float16"),
        ({"engine": "litert", "dtype": "float16"}, "dtype: 'float16' with the engine litert; legal: float32, int8"),
        ({"engine": "litert", "processor": "cuda"}, "processor: 'cuda' with the engine litert; legal: cpu"),
        ({"engine": "openvino"}, "engine: 'openvino'; legal: litert, onnxruntime, torch_eager"),
    ):
        write_yaml(device, wrong)
        with pytest.raises(InputError) as caught:
            read(tmp_path, task)
        assert "\n" not in str(caught.value)
        assert str(caught.value).startswith(f"{device}")
        assert str(caught.value).endswith(told)


def test_learning_from_other_devices_needs_another_device_in_any_task(tmp_path: Path) -> None:
    one = {"corpus": "demo.de-en", "devices": {"this-cpu": {}}, "studies": ["few_samples"]}
    two = one | {"devices": {"this-cpu-torch": {}}, "studies": []}
    write_yaml(tmp_path / "asked.yaml", {"tasks": {"first": one, "second": two}})
    experiment.read(str(tmp_path / "asked.yaml"))
    write_yaml(tmp_path / "asked.yaml", {"tasks": {"first": one, "second": one}})
    said = "first > studies: few_samples in an experiment with 1 device; legal: at least 2, or no few_samples"
    with pytest.raises(InputError, match=said):
        experiment.read(str(tmp_path / "asked.yaml"))


def test_one_name_means_one_thing_in_all_tasks(tmp_path: Path) -> None:
    big = {"architecture": "transformer-big", "checkpoint": "big.pt"}
    tasks = {
        "first": {"corpus": "demo.de-en", "baselines": {"given": ["transformer-big"]}},
        "second": {"corpus": "demo.de-en", "baselines": {"given": [big]}},
    }
    write_yaml(tmp_path / "asked.yaml", {"tasks": tasks})
    said = "tasks > second: model 'transformer-big' is made by import_checkpoint, that of first by train_model"
    with pytest.raises(InputError, match=said):
        experiment.read(str(tmp_path / "asked.yaml"))


SMALL = {"latency": "50%", "parameters": "100k"}


@pytest.mark.parametrize("budgets", [["60%", "25%"], ["25%", "120ms"], ["50%", SMALL], ["25%", SMALL]])
def test_studies_that_need_an_order_of_budgets_refuse_any_other(tmp_path: Path, budgets: list[Any]) -> None:
    task = {"devices": {"this-cpu": {"budgets": budgets}}}
    read(tmp_path, task | {"studies": ["table4"]})
    for study in ("table7", "distillation", "figure9", "online"):
        with pytest.raises(InputError, match=f"{study} with budgets that do not ascend"):
            read(tmp_path, task | {"studies": [study]})


def test_budgets_of_latency_and_size(tmp_path: Path) -> None:
    ordered = [SMALL, {"latency": "75%", "parameters": "1M"}, "75%"]
    asked = read(tmp_path, {"devices": {"this-cpu": {"budgets": ordered}}, "studies": ["table7", "distillation"]})
    models = [model for model in asked.models["demo.de-en"].values() if model.family == "hat"]
    assert {model.name: model.budget for model in models} == {
        "hat-this-cpu-p50-100k": "50%, 100k parameters",
        "hat-this-cpu-p75-1M": "75%, 1M parameters",
        "hat-this-cpu-p75": "75%",
    }
    with pytest.raises(InputError, match=r"budgets: 50%, 100k parameters, 50%, 0\.1M parameters; legal: all different"):
        read(tmp_path, {"devices": {"this-cpu": {"budgets": [SMALL, SMALL | {"parameters": "0.1M"}]}}})
    write_yaml(tmp_path / "half.yaml", {"processor": "cuda", "dtype": "float16"})
    halves = {"devices": {str(tmp_path / "half.yaml"): {"budgets": [SMALL, {"latency": "50%", "megabytes": 5}]}}}
    with pytest.raises(InputError, match=r"half > budgets: budget 50%, 5 MB: .*float16; legal: float32 or int8$"):
        read(tmp_path, halves)


def test_what_a_study_trains_is_not_drawn_by_figure_12(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="compared: 'largest'"):
        read(tmp_path, TASK | {"studies": ["table4"], "compared": ["largest"]})


def test_members_of_a_space_are_sampled_by_name() -> None:
    assert sample_subtransformer.sampled(TINY, "largest", 1) == TINY.largest
    assert sample_subtransformer.sampled(TINY, "smallest", 1) == TINY.smallest
    first, second = (sample_subtransformer.sampled(TINY, f"random-{number}", 1) for number in (1, 2))
    assert first != second
    assert first == sample_subtransformer.sampled(TINY, "random-1", 1)
    assert first != sample_subtransformer.sampled(TINY, "random-1", 2)
    for wrong in ("largets", "random-0", "random-x", "random"):
        with pytest.raises(InputError, match="legal: largest, smallest, random-1"):
            sample_subtransformer.sampled(TINY, wrong, 1)


def test_every_fault_of_an_experiment_is_told_at_once(tmp_path: Path) -> None:
    one = {"devices": {"this-cup": {}}, "space": "demoo"}
    two = {"corpus": "demo.de-en", "latency": {"samples": 10, "shards": 11}, "generation": {"splits": ["tset"]}}
    write_yaml(tmp_path / "asked.yaml", {"tasks": {"demo.de-en": one, "again": two}})
    with pytest.raises(InputError) as caught:
        experiment.read(str(tmp_path / "asked.yaml"))
    faults = str(caught.value).splitlines()
    assert len(faults) == 4
    for word in ("did you mean 'this-cpu'?", "did you mean 'demo'?", "shards: 11", "did you mean 'test'?"):
        assert any(word in fault for fault in faults)


def test_what_a_study_looks_at_follows_from_its_declaration(tmp_path: Path) -> None:
    asked = read(tmp_path, TASK | BASELINES | {"studies": ["figure9", "pareto", "figure2"]})
    first = {"task": "demo.de-en", "device": "this-cpu"}
    assert asked.searches_of(STUDIES["figure9"]) == [first | {"budget": "p75"}]
    assert asked.searches_of(STUDIES["pareto"]) == [first | {"budget": "p25"}, first | {"budget": "p75"}]
    assert asked.devices_of(STUDIES["figure2"]) == [first, first | {"device": "this-cpu-torch"}]
    assert asked.devices_of(STUDIES["predictors"]) == []
