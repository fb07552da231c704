"""The models and spaces of the paper, in this repository's files, against what the paper and its release print."""

from __future__ import annotations

import pytest
from hat.architecture import SubTransformer
from hat.cost import count_flops, count_parameters
from hat.interop.architectures import read_architecture
from hat.paper.published.facts import printed, published_model
from hat_workflow import settings

TABLE8 = printed("table8").set_index("model")
SPACES = {"wmt14.en-de": "space0", "wmt14.en-fr": "space0", "wmt19.en-de": "space0", "iwslt14.de-en": "space1"}
LENGTHS = {"space0": 30, "space1": 23}
DISTINCT, GENOTYPES = 417_846_678_672_384, 2_437_438_960_041_984


def task_of(model: str) -> str:
    return next(task for task in SPACES if model.startswith(task))


def load(name: str) -> SubTransformer:
    return read_architecture(settings.find("architecture", name))


def test_there_are_44_and_some_are_the_same() -> None:
    assert len(TABLE8) == 44
    assert len({load(name) for name in TABLE8.index}) == 37


@pytest.mark.parametrize("name", TABLE8.index)
def test_a_published_model_has_its_published_size(name: str) -> None:
    sub, printed, space = load(name), TABLE8.loc[name], SPACES[task_of(name)]
    assert f"{count_parameters(sub) / 1e6:.2f}" == f"{printed.params_m:.2f}"
    assert f"{count_flops(sub, LENGTHS[space]) / 1e9:.2f}" == f"{printed.flops_g:.2f}"
    assert sub in settings.design_space(space)


@pytest.mark.parametrize(
    ("name", "length", "parameters_m", "flops_g"),
    [
        ("transformer-big", 30, 176.36, 10.64),  # the paper's Table 2: 176M, 10.6G
        ("transformer-base", 30, 44.14, 2.68),
        ("transformer-iwslt", 23, 31.54, 1.47),  # 32M, 1.5G
    ],
)
def test_the_papers_baselines_have_their_sizes(name: str, length: int, parameters_m: float, flops_g: float) -> None:
    sub = load(name)
    assert round(count_parameters(sub) / 1e6, 2) == parameters_m
    assert round(count_flops(sub, length) / 1e9, 2) == flops_g


@pytest.mark.parametrize("space", LENGTHS)
def test_the_papers_spaces_have_their_sizes(space: str) -> None:
    found = settings.design_space(space)
    assert (found.count_architectures(), found.count_genotypes()) == (DISTINCT, GENOTYPES)
    assert len(found.genes()) == 40


@pytest.mark.parametrize(
    ("space", "largest", "smallest"), [("space0", (70.90, 4.53), 15.77), ("space1", (55.16, 2.74), 12.10)]
)
def test_the_ends_of_the_papers_spaces(space: str, largest: tuple[float, float], smallest: float) -> None:
    found = settings.design_space(space)
    flops_g = round(count_flops(found.largest, LENGTHS[space]) / 1e9, 2)
    assert (round(count_parameters(found.largest) / 1e6, 2), flops_g) == largest
    assert round(count_parameters(found.smallest) / 1e6, 2) == smallest


def test_a_published_model_is_found_by_its_name_or_by_the_constraint_of_a_search() -> None:
    by_name = published_model("any", "any", model="wmt14.en-de-xeon-137.9ms", budget_ms=None)
    assert by_name == published_model("wmt14.en-de", "xeon", model="hat-xeon-137.9ms", budget_ms=137.9)
    assert (by_name["published_bleu"], by_name["published_params_m"]) == (25.8, 30.47)
    assert published_model("wmt14.en-de", "titanxp", model="hat-titanxp-137.9ms", budget_ms=137.9) == {}
    assert published_model("wmt14.en-de", "xeon", model="hat-xeon-138ms", budget_ms=138.0) == {}
    assert published_model("demo.de-en", "this-cpu", model="transformer-depth-1", budget_ms=None) == {}


def test_every_published_data_set_has_its_published_predictors() -> None:
    devices = {name: settings.load("device", name)["published"] for name in ("raspberrypi", "xeon", "titanxp")}
    data_sets = {(task, device) for device, tasks in devices.items() for task in tasks}
    predictors = printed("predictors")
    assert set(zip(predictors["task"], predictors["device"], strict=True)) == data_sets
    assert len(data_sets) == 8


@pytest.mark.parametrize(
    ("recipe", "updates", "lr", "dropout", "schedule", "tokens", "weights"),
    [
        ("wmt", 40_000, 1e-3, 0.3, "cosine", 4096 * 128, "best"),
        ("iwslt", 50_000, 5e-4, 0.375, "inverse_sqrt", 4096, "average"),
    ],
)
def test_the_papers_recipes(
    recipe: str, updates: int, lr: float, dropout: float, schedule: str, tokens: int, weights: str
) -> None:
    found = settings.load("training", recipe)
    assert [found[part]["warmup_updates"] for part in ("supertransformer", "subtransformer")] == [10_000, 4_000]
    assert found["subtransformer"]["checkpoint"] == weights
    for part in (found["supertransformer"], found["subtransformer"]):
        assert (part["updates"], part["lr"], part["dropout"], part["schedule"]) == (updates, lr, dropout, schedule)
        assert part["max_tokens"] * part["update_freq"] == tokens
        assert (part["label_smoothing"], part["min_lr"], part["average_last"]) == (0.1, 1e-7, 10)
