"""Figures 2, 8, 9 and 10, the Pareto front with its menu and the online search's table, on made-up results."""

from __future__ import annotations

import csv
import importlib
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hat.cost import count_flops
from hat.errors import InputError
from hat.files import write_csv, write_json
from hat.latency.profile import variants
from hat.paper.figure7 import on_one_device
from hat.paper.figure9 import Searches
from hat.paper.figure10 import draw_figure10
from hat.paper.models import ModelRow, write_models
from hat.paper.pareto import Front
from hat.paper.table1 import table1
from hat.paper.table2 import table2
from hat.paper.table3 import table3

from tests.spaces import SMALL, TINY, WMT
from tests.unit.paper_world import drawn, hat, row, small_experiment


def call(command: str, *words: object) -> None:
    module = importlib.import_module(command)
    module.main(module.parser().parse_args([str(word) for word in words]))


def records(path: Path) -> list[dict[str, str]]:
    with open(path, newline="") as stream:
        return list(csv.DictReader(stream))


def twice_the_same(stem: Path, command: str, *words: object) -> None:
    call(command, *words, "--output-stem", stem)
    first = drawn(stem)
    call(command, *words, "--output-stem", stem)
    assert drawn(stem) == first


@pytest.mark.parametrize("space", [WMT, SMALL, TINY])
def test_variants_change_one_dimension_alone(space: Any) -> None:
    found = variants(space)
    dimensions = {"embed dim", "FFN dim", "decoder layers", "heads", "attended encoder layers"}
    assert {name for name, _, _ in found} == dimensions
    whole = replace(space.maximum, decoder_attended_layers=(1,) * space.maximum.decoder_layers)
    for name in dimensions - {"attended encoder layers"}:
        values = [value for dimension, value, _ in found if dimension == name]
        assert values == sorted(set(values))
        assert next(sub for dimension, value, sub in found if (dimension, value) == (name, values[-1])) == whole
    deepest = [sub for dimension, _, sub in found if dimension == "decoder layers"]
    assert [sub.decoder_layers for sub in deepest] == list(range(1, whole.decoder_layers + 1))
    assert len({count_flops(sub, 10) for sub in deepest}) == len(deepest)


def test_figure2_shows_each_dimension_relative_to_the_whole(tmp_path: Path) -> None:
    folder = tmp_path / "task" / "latency" / "this-cpu"
    rows = [
        {"dimension": name, "value": value, "latency_ms": count_flops(sub, 10) / 1e4}
        for name, value, sub in variants(SMALL)
    ]
    write_csv(folder / "profile.csv", rows)
    rng = random.Random(1)
    samples = [SMALL.sample(rng) for _ in range(5)]
    write_csv(folder / "samples.csv", [{**sub.to_row(), "latency_ms": count_flops(sub, 10) / 1e4} for sub in samples])
    write_json(folder / "signature.json", {"signature": {"sentence_length": 10}})
    places = ("--samples", folder / "samples.csv", "--references", folder / "signature.json")
    twice_the_same(tmp_path / "figure2", "draw_figure2", "--profiles", folder / "profile.csv", *places)
    found = records(tmp_path / "figure2.csv")
    assert {each["hardware"] for each in found} == {"this-cpu"}
    widest = [each for each in found if each["dimension"] == "embed dim"][-1]
    assert float(widest["relative"]) == 1
    scattered = [each for each in found if each["dimension"] == "FLOPs"]
    assert [float(each["value"]) for each in scattered] == [count_flops(sub, 10) for sub in samples]


def test_figure8_takes_the_tasks_with_one_device(tmp_path: Path) -> None:
    ours = small_experiment()
    elsewhere = [replace(each, task="other", hardware="gpu") for each in ours]
    assert on_one_device([*ours, *(replace(each, hardware="gpu") for each in ours), *elsewhere]) == elsewhere
    assert on_one_device([*ours, *(replace(each, hardware="gpu") for each in ours)]) == ours
    write_models(tmp_path / "models.csv", ours)
    twice_the_same(tmp_path / "figure8", "draw_models", "--figure", "figure8", "--models", tmp_path / "models.csv")


def searches_of(path: Path, losses: dict[tuple[str, int], list[float]]) -> Path:
    rows = [
        {"algorithm": algorithm, "seed": seed, "evaluation": number, "loss": loss}
        for (algorithm, seed), found in losses.items()
        for number, loss in enumerate(found, start=1)
    ]
    write_csv(path, rows)
    return path


def test_figure9_shows_the_best_so_far(tmp_path: Path) -> None:
    losses = {("evolution", 1): [5.0, 6.0, 3.0], ("evolution", 2): [4.0, 3.5], ("random", 1): [5.0, 4.5, 4.75]}
    path = searches_of(tmp_path / "de-en" / "search" / "this-cpu" / "p50" / "searches.csv", losses)
    found = Searches.load(path)
    assert (found.task, found.hardware, found.budget) == ("de-en", "this-cpu", "p50")
    assert found.best["evolution"].tolist() == [[5.0, 5.0, 3.0], [4.0, 3.5, 3.5]]
    twice_the_same(tmp_path / "figure9", "draw_figure9", "--searches", path)
    first = [each for each in records(tmp_path / "figure9.csv") if each["algorithm"] == "evolution"]
    assert [(each["mean"], each["least"], each["greatest"]) for each in first] == [
        ("4.5", "4.0", "5.0"),
        ("4.25", "3.5", "5.0"),
        ("3.25", "3.0", "3.5"),
    ]


def test_the_menu_offers_the_best_of_the_front_within_each_budget(tmp_path: Path) -> None:
    task = tmp_path / "de-en"
    points = [(3.0, 5.0), (4.0, 4.0), (6.0, 3.0), (5.0, 4.5)]
    tables = {
        task / "pareto" / "this-cpu" / "history.csv": points,
        task / "pareto" / "this-cpu" / "front.csv": points[:3],
        task / "search" / "this-cpu" / "p50" / "candidates.csv": [(4.5, 3.9), (4.0, 4.0)],
        task / "search" / "this-cpu" / "2ms" / "candidates.csv": [(2.0, 6.0)],
    }
    for path, found in tables.items():
        write_csv(path, [{"predicted_ms": ms, "loss": loss} for ms, loss in found])
    for name, ms in (("p50", 5.0), ("2ms", 2.0)):
        write_json(task / "latency" / "this-cpu" / "budgets" / f"{name}.json", {"budgets": {name: {"latency_ms": ms}}})
    history, front, *candidates = tables
    words = ("--fronts", front, "--histories", history, "--candidates", *candidates, "--menu-stem", tmp_path / "menu")
    twice_the_same(tmp_path / "pareto", "draw_pareto", *words)
    assert [(each["model"], each["predicted_ms"], each["scored"]) for each in records(tmp_path / "menu.csv")] == [
        ("Search for 2ms", "2.0", "1"),
        ("Search for p50", "4.5", "2"),
        ("Front at p50", "4.0", "4"),
    ]
    loaded = Front.load(history, front, [], [])
    assert [loaded.within(ms) for ms in (2.9, 3.0, 5.9, 100)] == [None, (3.0, 5.0), (4.0, 4.0), (6.0, 3.0)]
    elsewhere = tmp_path / "x" / "search" / "gpu" / "p50" / "candidates.csv"
    with pytest.raises(InputError, match="no search for this device"):
        call("draw_pareto", *words[:4], "--candidates", elsewhere, *words[-2:], "--output-stem", tmp_path / "y")


def test_the_online_table_counts_what_was_timed(tmp_path: Path) -> None:
    device = tmp_path / "de-en" / "latency" / "this-cpu"
    write_csv(device / "samples.csv", [{"latency_ms": 10.0}, {"latency_ms": 20.0}])
    write_json(device / "signature.json", {"signature": {"runs": 100}, "anchor_ms": 5.0})
    offline = tmp_path / "de-en" / "search" / "this-cpu" / "p50" / "confirmed.json"
    online = tmp_path / "de-en" / "online" / "this-cpu" / "p50" / "confirmed.json"
    for path, more in ((offline, {}), (online, {"measured": 7, "timed_seconds": 1.5})):
        path.parent.mkdir(parents=True)
        write_json(path, {"budget_ms": 12.0, "latency_ms": 11.0, "loss": 3.25} | more)
    places = ("--samples", device / "samples.csv", "--references", device / "signature.json")
    call("make_online", "--offline", offline, "--online", online, *places, "--output-stem", tmp_path / "online")
    found = records(tmp_path / "online.csv")
    assert [(float(each["measured"]), float(each["timed_seconds"])) for each in found] == [(2, 4.0), (7, 1.5)]


def test_table1_has_a_row_for_each_device() -> None:
    own = hat("25%", 9.0, 8.5, 30.0)
    other = replace(own, hardware="gpu", budget=None, budget_ms=None, latency_ms=2.0)
    shown = table1([own, other]).records()[:2]
    assert [(each["hardware"], each["model"], each["latency_ms"]) for each in shown] == [
        ("this_cpu", "HAT for this_cpu, budget 25%", 8.5),
        ("gpu", "HAT for this_cpu, budget 25%", 2.0),
    ]


def of_table2() -> list[ModelRow]:
    rows = [*small_experiment(), row("evolved", "evolved", 20.0, 34.0)]
    rows.append(row("transformer-depth-2", "depth", 12.0, 33.0, decoder_layers=2))
    return [replace(each, gpu_hours=10.0, training_seconds=7200.0) for each in rows if each.family != "width"]


def test_table2_counts_what_training_costs(tmp_path: Path) -> None:
    shown = [each for each in table2(of_table2()).records() if each["latency_ms"] is not None]
    names = ["Transformer, decoder layers 4", "Evolved Transformer", "HAT, budget 25%", "HAT, budget 75%"]
    assert [each["model"] for each in shown] == names
    assert {(each["hours"], each["gpu_hours"], round(each["co2_lb"], 2)) for each in shown} == {(2.0, 10.0, 2.86)}
    printed = [each for each in table2(of_table2()).records() if each["latency_ms"] is None]
    assert printed[-1]["published_gpu_hours"] == 200
    draw_figure10(of_table2(), tmp_path / "figure10")
    first = drawn(tmp_path / "figure10")
    draw_figure10(of_table2(), tmp_path / "figure10")
    assert drawn(tmp_path / "figure10") == first
    assert [each["series"] for each in records(tmp_path / "figure10.csv")].count("here") == 4


def test_table3_shows_a_levenshtein_transformer_as_it_decodes_and_as_the_paper_counts() -> None:
    ours = {"iterations": 2.0, "published_iterations": 2.88, "published_iterations_ms": 12.0}
    rows = [replace(row("levenshtein", "levenshtein", 9.0, 30.0), **ours), hat("25%", 9.0, 8.5, 30.0)]
    shown = table3(rows).records()[:3]
    assert [(each["model"], each["latency_ms"], each["iterations"]) for each in shown] == [
        ("Levenshtein Transformer", 9.0, 2.0),
        ("Levenshtein Transformer, the paper's iterations", 12.0, 2.88),
        ("HAT, budget 25%", 8.5, None),
    ]
