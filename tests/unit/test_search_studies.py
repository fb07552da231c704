"""Figures 2, 8, 9 and 10, the Pareto front with its menu and the online search's table, on made-up results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hat.cost import count_flops
from hat.latency.profile import variants
from hat.paper import figure2, figure8, figure9, figure10, menu, online, pareto, table1, table2, table3

from tests.spaces import SMALL, TINY, WMT
from tests.unit.paper_world import Row, cells, drawn, gathered, hat, models, records, row, small_experiment

Frames = dict[str, pd.DataFrame]
HERE = {"task": "de-en", "device": "this-cpu"}


def twice_the_same(draw: Callable[[Frames, Path], None], frames: Frames, stem: Path) -> list[dict[str, Any]]:
    """What is drawn, after it was drawn a second time with the same bytes."""
    draw(frames, stem)
    first = drawn(stem)
    draw(frames, stem)
    assert drawn(stem) == first
    return records(Path(f"{stem}.csv"))


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
    profile = [
        {"dimension": name, "value": value, "latency_ms": count_flops(sub, 10) / 1e4}
        for name, value, sub in variants(SMALL)
    ]
    samples = [{"latency_ms": flops / 1e4, "flops": flops} for flops in (120_000, 340_000)]
    devices = ("this-cpu", "gpu")
    frames = {
        "profiles": gathered("profiles", [HERE | each | {"device": name} for name in devices for each in profile]),
        "samples": gathered("samples", [HERE | each | {"device": name} for name in devices for each in samples]),
    }
    found = twice_the_same(figure2.draw, frames, tmp_path / "figure2")
    assert len(found) == 2 * (len(profile) + len(samples))
    quiet = drawn(tmp_path / "figure2")["png"]
    frames["profiles"]["doubtful"] = frames["profiles"]["dimension"] == "heads"
    figure2.draw(frames, tmp_path / "figure2")
    busy = drawn(tmp_path / "figure2")["png"]
    frames["samples"]["doubtful"] = [True, False, True, False]
    figure2.draw(frames, tmp_path / "figure2")
    assert len({quiet, busy, drawn(tmp_path / "figure2")["png"]}) == 3
    ours = [each for each in found if each["device"] == "this-cpu"]
    whole = max(each["latency_ms"] for each in profile if each["dimension"] == "decoder layers")
    for name in ("embed dim", "FFN dim", "decoder layers", "heads"):
        assert [float(each["relative"]) for each in ours if each["dimension"] == name][-1] == 1
    scattered = [each for each in ours if each["dimension"] == "FLOPs"]
    assert [float(each["value"]) for each in scattered] == [120_000, 340_000]
    assert float(scattered[0]["relative"]) == pytest.approx(12 / whole, abs=1e-6)


def test_figure8_takes_the_tasks_with_one_device(tmp_path: Path) -> None:
    ours = small_experiment()
    on_both = [*ours, *({**each, "device": "gpu"} for each in ours)]
    elsewhere = [{**each, "task": "other", "device": "gpu"} for each in ours]

    def kept(rows: list[Row]) -> set[tuple[str, str]]:
        found = figure8.on_one_device(models(*rows)["models"])
        return {*zip(found["task"], found["device"], strict=True)}

    assert kept([*on_both, *elsewhere]) == {("other", "gpu")}
    assert kept(on_both) == {("multi30k.de-en", "this_cpu")}
    assert len(twice_the_same(figure8.draw, models(*on_both), tmp_path / "figure8")) == len(ours)


def searches_of(losses: dict[tuple[str, int], list[float]]) -> pd.DataFrame:
    place = HERE | {"budget": "p50"}
    return gathered(
        "searches",
        [
            {**place, "algorithm": algorithm, "seed": seed, "evaluation": number, "loss": loss}
            for (algorithm, seed), found in losses.items()
            for number, loss in enumerate(found, start=1)
        ],
    )


def test_figure9_shows_the_best_so_far(tmp_path: Path) -> None:
    losses = {("evolution", 1): [5.0, 6.0, 3.0], ("evolution", 2): [4.0, 3.5], ("random", 1): [5.0, 4.5, 4.75]}
    best = figure9.best_so_far(searches_of(losses))
    assert best["evolution"].T.to_numpy().tolist() == [[5.0, 5.0, 3.0], [4.0, 3.5, 3.5]]
    found = twice_the_same(figure9.draw, {"searches": searches_of(losses)}, tmp_path / "figure9")
    assert {(each["task"], each["device"], each["budget"]) for each in found} == {("de-en", "this-cpu", "p50")}
    first = [each for each in found if each["algorithm"] == "evolution"]
    assert [(each["mean"], each["least"], each["greatest"]) for each in first] == [
        ("4.5", "4.0", "5.0"),
        ("4.25", "3.5", "5.0"),
        ("3.25", "3.0", "3.5"),
    ]
    assert {(each["algorithm"], each["seeds"]) for each in found} == {("evolution", "2"), ("random", "1")}


def scored(points: list[tuple[float, float]], **place: str) -> list[Row]:
    return [{**HERE, **place, "predicted_ms": ms, "loss": loss} for ms, loss in points]


def test_the_menu_offers_the_best_of_the_front_within_each_budget(tmp_path: Path) -> None:
    points = [(3.0, 5.0), (4.0, 4.0), (6.0, 3.0), (5.0, 4.5)]
    searched = scored([(4.5, 3.9), (4.0, 4.0)], budget="p50") + scored([(2.0, 6.0)], budget="2ms")
    limits = [
        HERE | {"budget": "p50", "text": "50%", "latency_ms": 5.0},
        HERE | {"budget": "2ms", "text": "2ms", "latency_ms": 2.0},
    ]
    elsewhere = scored([(1.0, 1.0)], device="gpu", budget="p50")
    frames = {
        "histories": gathered("histories", scored(points)),
        "fronts": gathered("fronts", scored(points[:3])),
        "offers": gathered("offers", scored([(4.0, 4.0)], budget="p50")),
        "candidates": gathered("candidates", [*searched, *elsewhere]),
        "budgets": gathered("budgets", [*limits, limits[0] | {"device": "gpu"}]),
    }
    found = menu.table(frames).frame
    assert found[["model", "predicted_ms", "scored"]].to_numpy().tolist() == [
        ["Search for 2ms", 2.0, 1],
        ["Search for 50%", 4.5, 2],
        ["Front at 50%", 4.0, 4],
    ]

    series = [each["series"] for each in twice_the_same(pareto.draw, frames, tmp_path / "pareto")]
    assert {name: series.count(name) for name in series} == {"scored": 4, "front": 3, "one search per budget": 2}


def test_the_online_table_counts_what_was_timed() -> None:
    search = HERE | {"budget": "p50", "budget_ms": 12.0, "latency_ms": 11.0, "loss": 3.25}
    searches = [search | {"search": "offline"}, search | {"search": "online", "measured": 7, "timed_seconds": 1.5}]
    frames = {
        "confirmed": gathered("confirmed", searches),
        "samples": gathered("samples", [HERE | {"latency_ms": ms} for ms in (10.0, 20.0)]),
        "signatures": gathered("signatures", [HERE | {"runs": 100, "anchor_ms": 5.0}]),
    }
    found = cells(online.table(frames))
    assert [(each["Model"], each["Models timed"], each["Timing (s)"]) for each in found] == [
        ("Offline", "2", "4.0"),
        ("Online", "7", "1.5"),
    ]


def test_table1_has_a_row_for_each_device() -> None:
    first, second = hat("25%", 9.0, 8.5, 30.0), hat("75%", 18.0, 17.5, 35.0)
    other = {"device": "gpu", "budget": None, "budget_ms": None, "fits": None, "latency_ms": 2.0}
    found = cells(table1.table(models(first, second, first | other, second | other)))
    assert [(each["Device"], each["Model"], each["Latency (ms)"]) for each in found] == [
        ("this_cpu", "HAT, budget 25% for this_cpu", "8.50"),
        ("gpu", "HAT, budget 25% for this_cpu", "2.00"),
        ("this_cpu", "HAT, budget 75% for this_cpu", "17.5"),
        ("gpu", "HAT, budget 75% for this_cpu", "2.00"),
    ]


def of_table2() -> list[Row]:
    rows = [*small_experiment(), row("evolved", "evolved", 20.0, 34.0)]
    rows.append(row("transformer-depth-2", "depth", 12.0, 33.0, decoder_layers=2))
    costs = {"gpu_hours": 10.0, "co2_lb": 2.86, "training_seconds": 7200.0}
    return [each | costs for each in rows if each["family"] != "width"]


def test_table2_counts_what_training_costs(tmp_path: Path) -> None:
    table = table2.table(models(*of_table2()))
    shown = cells(table)
    names = ["Transformer, decoder layers 4", "Evolved Transformer", "HAT, budget 25%", "HAT, budget 75%"]
    assert [each["Model"] for each in shown] == names
    assert {(each["Hours"], each["GPU-hours"], each["CO2e (lb)"]) for each in shown} == {("2.00", "10.0", "2.86")}
    assert cells(table, ours=False)[-1]["GPU-hours"] == "200"
    untold = [*of_table2(), hat("95%", 20.0, 19.0, 36.0, co2_lb=None)]
    found = twice_the_same(figure10.draw, models(*untold), tmp_path / "figure10")
    assert [each["model"] for each in found if each["series"] == "here"] == [
        *names[:2],
        "HAT, budget 25% on this_cpu",
        "HAT, budget 75% on this_cpu",
    ]
    assert found[0]["co2_lb"] == "626155.0"


def test_table3_shows_a_levenshtein_transformer_as_it_decodes_and_as_the_paper_counts() -> None:
    ours = {"iterations": 2.0, "published_iterations": 2.88, "published_iterations_ms": 12.0}
    found = cells(
        table3.table(models(row("levenshtein", "levenshtein", 9.0, 30.0, **ours), hat("25%", 9.0, 8.5, 30.0)))
    )
    assert [(each["Model"], each["Latency (ms)"], each["Iterations"], each["FLOPs (M)"]) for each in found] == [
        ("Levenshtein Transformer", "9.00", "2.00", "–"),
        ("Levenshtein Transformer, the paper's iterations", "12.0", "2.88", "45.7"),
        ("HAT, budget 25%", "8.50", "–", "45.7"),
    ]
