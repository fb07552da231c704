"""The tables that compare a few models: ours and the paper's in columns apart."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import draw_models
import make_comparison
import pytest
from hat.paper.comparison import Comparison
from hat.paper.distillation import distillation
from hat.paper.models import ModelRow, write_models
from hat.paper.table4 import table4
from hat.paper.table5 import kendall_tau, proxies, table5
from hat.paper.table6 import table6
from hat.paper.table7 import table7

from tests.unit.paper_world import drawn, hat, row

HATS = [hat("25%", 9.0, 8.5, 30.0, parameters=1_000_000), hat("75%", 18.0, 17.5, 35.0, parameters=2_000_000)]


def derived(base: ModelRow, family: str, bleu: float, **changes: Any) -> ModelRow:
    name = changes.pop("model", f"{base.model}-{family}")
    facts = {"base": base.model, "parameters": base.parameters} | changes
    return row(name, family, base.known_ms, bleu, **facts)


def shown(comparison: Comparison) -> list[dict[str, str]]:
    """The cells of our rows, by column."""
    table = comparison.table()
    ours = sum(map(len, comparison.groups))
    return [dict(zip(table.columns, cells, strict=True)) for group in table.groups for cells in group][:ours]


def test_table4_puts_the_largest_first() -> None:
    comparison = table4([*HATS, row("largest", "largest", 25.0, 34.0, parameters=4_000_000)])
    cells = shown(comparison)
    assert [each["Model"] for each in cells] == ["Largest SubTransformer", "HAT, budget 25%", "HAT, budget 75%"]
    assert [each["Latency"] for each in cells] == ["25.00 ms", "8.50 ms", "17.50 ms"]
    assert [each["#Params"] for each in cells] == ["4.00M", "1.00M", "2.00M"]
    assert "Predicted latency" not in cells[0]


def test_published_values_stand_in_rows_and_columns_of_their_own() -> None:
    records = table4([*HATS, row("largest", "largest", 25.0, 34.0)]).records()
    ours, printed = records[:3], records[3:]
    assert all(record["published_bleu"] is None and record["bleu"] is not None for record in ours)
    assert all(record["published_bleu"] is not None and record["bleu"] is None for record in printed)
    assert [(each["published_latency_ms"], each["published_bleu"]) for each in printed[2:]] == [
        (10100, 41.4),
        (9100, 41.8),
    ]


def test_devices_that_are_not_at_hand_have_predicted_latencies() -> None:
    far = [replace(row("largest", "largest", 9.0, 34.0), latency_ms=None, predicted_ms=25.0)]
    assert shown(table4(far))[0]["Predicted latency"] == "25.00 ms"


def of_table5() -> list[ModelRow]:
    subs = [*HATS, row("largest", "largest", 25.0, 36.0), row("random-1", "random", 11.0, 31.0)]
    losses = {"25%": 4.0, "75%": 3.2, "largest": 3.0, "random-1": 4.1}
    inherited = [derived(sub, "inherited", 20.0, valid_loss=losses[sub.size]) for sub in subs]
    return [*subs, *inherited]


def test_table5_pairs_what_is_inherited_with_what_is_trained(tmp_path: Path) -> None:
    cells = shown(table5(of_table5()))
    assert [each["Model"] for each in cells] == [
        "random-1",
        "HAT, budget 25%",
        "HAT, budget 75%",
        "Largest SubTransformer",
    ]
    assert [each["Inherited loss"] for each in cells] == ["4.100", "4.000", "3.200", "3.000"]
    (pairs,) = proxies(of_table5()).values()
    tau, _ = kendall_tau(pairs)
    assert tau == pytest.approx((5 - 1) / 6)  # one pair of six is out of order
    assert any("Kendall tau of inherited loss and BLEU from scratch 0.67" in note for note in table5(of_table5()).notes)
    twice = [*of_table5(), *(replace(each, hardware="gpu") for each in HATS)]
    assert len(shown(table5(twice))) == 4  # whatever the devices

    write_models(tmp_path / "models.csv", of_table5())
    stem = tmp_path / "figure11"
    words = ["--figure", "figure11", "--models", f"{tmp_path}/models.csv", "--output-stem", f"{stem}"]
    draw_models.main(draw_models.parser().parse_args(words))
    first = drawn(stem)
    draw_models.main(draw_models.parser().parse_args(words))
    assert drawn(stem) == first
    with open(tmp_path / "figure11.csv", newline="") as stream:
        assert [record["inherited_valid_loss"] for record in csv.DictReader(stream)] == ["4.1", "4.0", "3.2", "3.0"]


def test_table6_shows_what_a_quarter_of_the_updates_does() -> None:
    cells = shown(table6([*HATS, *(derived(each, "finetuned", 33.0, updates=200) for each in HATS)]))
    assert [(each["Updates"], each["BLEU"]) for each in cells] == [
        ("800", "30.0"),
        ("200", "33.0"),
        ("800", "35.0"),
        ("200", "33.0"),
    ]


def test_table7_counts_by_the_papers_rule_and_by_the_file() -> None:
    big = row("transformer-depth-4", "depth", 30.0, 34.0, parameters=4_000_000, decoder_layers=4)
    whole = {"file_bytes": 2_500_000, "unquantised_file_bytes": 9_000_000}
    rows = [*HATS, big, derived(big, "quantised", 33.0, bits=4, quantised_embeddings=False, **whole)]
    for bits, everything in ((4, True), (8, False), (4, False)):
        sizes = {"bits": bits, "quantised_embeddings": everything, "model": f"x-{bits}-{everything}"}
        rows.append(derived(HATS[1], "quantised", 34.0, **sizes, **whole))
    cells = shown(table7(rows))
    assert [(each["Model"], each["Size (MB)"], each["File (MB)"], each["Reduction"]) for each in cells] == [
        ("Transformer, decoder layers 4, 32 bits", "16.00", "9.00", "1.0×"),
        ("Transformer, decoder layers 4, 4 bits", "2.00", "2.50", "8.0×"),
        ("HAT, budget 75%, 32 bits", "8.00", "9.00", "2.0×"),
        ("HAT, budget 75%, 8 bits", "2.00", "2.50", "8.0×"),
        ("HAT, budget 75%, 4 bits", "1.00", "2.50", "16.0×"),
        ("HAT, budget 75%, 4 bits, embeddings too", "1.00", "2.50", "16.0×"),
    ]


def test_the_teacher_is_the_search_with_the_widest_budget() -> None:
    cells = shown(distillation([*HATS, derived(HATS[0], "distilled", 31.5)]))
    assert [(each["Model"], each["BLEU"]) for each in cells] == [
        ("Teacher: HAT, budget 75%", "35.0"),
        ("Student: HAT, budget 25%", "30.0"),
        ("Student, distilled", "31.5"),
    ]


def test_every_table_is_written(tmp_path: Path) -> None:
    write_models(tmp_path / "models.csv", [*HATS, row("largest", "largest", 25.0, 34.0)])
    words = ["--table", "table4", "--models", str(tmp_path / "models.csv"), "--output-stem", str(tmp_path / "table4")]
    make_comparison.main(make_comparison.parser().parse_args(words))
    assert "WMT'14 En-De" in (tmp_path / "table4.md").read_text()
    assert r"\label{tab:table4}" in (tmp_path / "table4.tex").read_text()
    with open(tmp_path / "table4.csv", newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 3 + 4
