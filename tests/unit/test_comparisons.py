"""The tables that compare a few models: ours and, below, the paper's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hat.errors import InputError
from hat.paper import distillation, figure11, table1, table4, table5, table6, table7, table8
from hat.paper.proxies import kendall_tau, proxies
from hat.paper.tables import BUSY

from tests.unit.paper_world import MACHINE, Row, cells, drawn, hat, models, records, row

HATS = [hat("25%", 9.0, 8.5, 30.0, parameters=1_000_000), hat("75%", 18.0, 17.5, 35.0, parameters=2_000_000)]
LARGEST = row("largest", "largest", 25.0, 34.0, parameters=4_000_000)


def derived(base: Row, family: str, bleu: float | None, **changes: Any) -> Row:
    name = changes.pop("model", f"{base['model']}-{family}")
    facts = {"base": base["model"], "parameters": base["parameters"]} | changes
    return row(name, family, base["latency_ms"], bleu, **facts)


def test_table4_puts_the_largest_first() -> None:
    found = cells(table4.table(models(*HATS, LARGEST)))
    assert [each["Model"] for each in found] == ["Largest SubTransformer", "HAT, budget 25%", "HAT, budget 75%"]
    assert [each["Latency (ms)"] for each in found] == ["25.0", "8.50", "17.5"]
    assert [each["#Params (M)"] for each in found] == ["4.00", "1.00", "2.00"]
    assert "Predicted latency (ms)" not in found[0]


def test_published_values_stand_in_rows_of_their_own_below_ours_as_they_are_printed() -> None:
    table = table4.table(models(*HATS, LARGEST))
    assert [*table.frame["source"]] == ["here"] * 3 + ["paper"] * 4
    assert table.frame[["latency_ms", "bleu"]].tail(2).to_numpy().tolist() == [[10100, 41.4], [9100, 41.8]]
    printed = [(each["Latency (ms)"], each["#Params (M)"]) for each in cells(table, ours=False)]
    assert printed == [("10,100", "71"), ("6,900", "48"), ("10,100", "71"), ("9,100", "57")]
    lines = [line.strip() for line in table.latex().splitlines()]
    assert lines[lines.index(next(line for line in lines if line.startswith("paper"))) - 1] == r"\midrule"


@pytest.mark.parametrize(
    ("latency_ms", "uncertainty_ms", "doubtful", "shown"),
    [
        (13.534, 0.21, False, "13.5"),
        (13.534, 0.021, False, "13.53"),
        (13.534, 2.1, False, "14"),
        (6491.4, 35.0, False, "6,491"),
        (13.534, 0.00001, False, "13.534"),
        (13.534, 0.21, True, "13.5?"),
        (0.0123, None, False, "0.0123"),
    ],
)
def test_a_latency_has_the_digits_that_it_is_known_to_and_a_mark_if_it_is_doubtful(
    latency_ms: float, uncertainty_ms: float | None, doubtful: bool, shown: str
) -> None:
    found = row("largest", "largest", latency_ms, 34.0, uncertainty_ms=uncertainty_ms, doubtful=doubtful)
    table = table4.table(models(found))
    assert cells(table)[0]["Latency (ms)"] == shown
    assert (BUSY in table.markdown(), BUSY in table.latex()) == (doubtful, doubtful)


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({}, None),
        ({"anchor_ms": 11.0}, None),
        ({"anchor_ms": 20.0, "sentence_length": 26}, None),
        (
            {"anchor_ms": 40.0},
            "this_cpu: the anchor is 5.0 times slower in one task than in another, token for token (multi30k.de-en "
            "8.00 ms; other 40.00 ms). Compare within a task alone.",
        ),
        (
            {"latency_signature": f"device:this_cpu|{MACHINE.replace('A CPU', 'Another')}|beam:5|anchor:4f1c"},
            "this_cpu is not one machine: processor A CPU or Another. Compare within a task alone.",
        ),
        ({"latency_signature": f"device:this_cpu|{MACHINE}|beam:5|anchor:other", "anchor_ms": 40.0}, None),
    ],
)
def test_a_table_tells_latencies_that_are_not_of_one_machine_at_one_speed(changes: Row, note: str | None) -> None:
    frames = models(hat("50%", 10.0, 9.0, 30.0), hat("50%", 10.0, 9.0, 30.0, task="other", **changes))
    for module in (table1, table8):
        told = [line for line in module.table(frames).notes if "within a task alone" in line]
        assert told == ([note] if note else [])


@pytest.mark.parametrize(("drifts", "told"), [((0.7, 0.9, 1.9), None), ((0.7, 0.7, 1.0), "1.4"), ((0.5,), "2.0")])
def test_a_table_tells_a_device_that_was_busy_when_its_own_speed_was_measured(
    drifts: tuple[float, ...], told: str | None
) -> None:
    timed = [hat(f"{place}0%", 10.0, 9.0, 30.0, drift=drift) for place, drift in enumerate(drifts, 1)]
    notes = [line for line in table8.table(models(*timed)).notes if "own speed was" in line]
    assert notes == [
        f"this_cpu was {told} times faster when the models of multi30k.de-en were timed than when its own speed was: "
        "perhaps it was busy then, and all their latencies are too large by as much."
    ] * (told is not None)


def test_devices_that_are_not_at_hand_have_predicted_latencies() -> None:
    far = row("largest", "largest", None, 34.0, predicted_ms=25.0)
    assert cells(table4.table(models(far)))[0]["Predicted latency (ms)"] == "25.0"


def of_table5() -> list[Row]:
    subs = [*HATS, row("largest", "largest", 25.0, 36.0), row("random-1", "random", 11.0, 31.0)]
    losses = [4.0, 3.2, 3.0, 4.1]
    return [*subs, *(derived(sub, "inherited", 20.0, valid_loss=loss) for sub, loss in zip(subs, losses, strict=True))]


def test_table5_pairs_what_is_inherited_with_what_is_trained(tmp_path: Path) -> None:
    table = table5.table(models(*of_table5()))
    found = cells(table)
    assert [each["Model"] for each in found] == [
        "Random SubTransformer 1",
        "HAT, budget 25%",
        "HAT, budget 75%",
        "Largest SubTransformer",
    ]
    assert [each["Inherited loss"] for each in found] == ["4.100", "4.000", "3.200", "3.000"]
    pairs = proxies(models(*of_table5())["models"])
    assert kendall_tau(pairs) == ("0.67", "p = 0.33")  # one pair of six is out of order
    in_order = pairs.sample(6, replace=True, random_state=0).assign(
        inherited_valid_loss=range(6), bleu=range(0, -6, -1)
    )
    assert kendall_tau(in_order) == ("1.00", "p = 0.0028")  # two of 6! orders: never 0.00
    assert kendall_tau(pairs.assign(bleu=0.0)) == ("unknown", "nothing to rank")
    assert any("Kendall tau of inherited loss and BLEU from scratch 0.67" in note for note in table.notes)
    twice = [*of_table5(), *({**each, "device": "gpu"} for each in HATS)]
    assert len(cells(table5.table(models(*twice)))) == 4  # whatever the devices

    figure11.draw(models(*of_table5()), tmp_path / "figure11")
    first = drawn(tmp_path / "figure11")
    figure11.draw(models(*of_table5()), tmp_path / "figure11")
    assert drawn(tmp_path / "figure11") == first
    assert [each["inherited_valid_loss"] for each in records(tmp_path / "figure11.csv")] == ["4.1", "4.0", "3.2", "3.0"]


@pytest.mark.parametrize(("place", "column"), [(0, "bleu"), (4, "valid_loss")])
def test_a_pair_without_loss_or_bleu_is_left_out_and_not_taken_for_zero(
    tmp_path: Path, place: int, column: str
) -> None:
    """The first model from scratch, and its inherited twin."""
    rows = of_table5()
    rows[place] = {**rows[place], column: None}
    assert [each["Model"] for each in cells(table5.table(models(*rows)))][1:] == [
        "HAT, budget 75%",
        "Largest SubTransformer",
    ]
    figure11.draw(models(*rows), tmp_path / "figure11")
    assert len(records(tmp_path / "figure11.csv")) == 3
    nothing = [{**each, column: None} for each in rows]
    for make in (lambda: table5.table(models(*nothing)), lambda: figure11.draw(models(*nothing), tmp_path / "x")):
        with pytest.raises(InputError, match="no model has an inherited loss and a BLEU"):
            make()


def test_table6_shows_what_a_quarter_of_the_updates_does() -> None:
    rows = [*HATS, *(derived(each, "finetuned", 33.0, updates=200) for each in HATS)]
    assert [(each["Updates"], each["BLEU"]) for each in cells(table6.table(models(*rows)))] == [
        ("800", "30.0 ± 1.5"),
        ("200", "33.0 ± 1.5"),
        ("800", "35.0 ± 1.5"),
        ("200", "33.0 ± 1.5"),
    ]


def of_table7() -> list[Row]:
    big = row("transformer-depth-4", "depth", 30.0, 34.0, parameters=4_000_000, decoder_layers=4)
    whole = {"file_bytes": 2_500_000, "unquantised_file_bytes": 9_000_000}
    rows = [*HATS, big, derived(big, "quantised", 33.0, bits=4, quantised_embeddings=False, **whole)]
    for bits, everything in ((4, True), (8, False), (4, False)):
        sizes = {"bits": bits, "quantised_embeddings": everything, "model": f"x-{bits}-{everything}"}
        rows.append(derived(HATS[1], "quantised", 34.0, **sizes, **whole))
    return rows


def sizes(rows: list[Row]) -> list[tuple[str, ...]]:
    names = ("Model", "Size (MB)", "File (MB)", "Reduction (×)")
    return [tuple(each[name] for name in names) for each in cells(table7.table(models(*rows)))]


def test_table7_counts_by_the_papers_rule_and_by_the_file() -> None:
    expected = [
        ("Transformer, decoder layers 4, 32 bits", "16.00", "9.00", "1.0"),
        ("Transformer, decoder layers 4, 4 bits", "2.00", "2.50", "8.0"),
        ("HAT, budget 75%, 32 bits", "8.00", "9.00", "2.0"),
        ("HAT, budget 75%, 8 bits", "2.00", "2.50", "8.0"),
        ("HAT, budget 75%, 4 bits", "1.00", "2.50", "16.0"),
        ("HAT, budget 75%, 4 bits, embeddings too", "1.00", "2.50", "16.0"),
    ]
    assert sizes(of_table7()) == expected
    elsewhere = [{**each, "device": "gpu"} for each in of_table7()]
    assert sizes([*of_table7(), *elsewhere]) == expected  # of the first device alone


def test_table7_without_baselines_compares_with_the_hat_model_itself() -> None:
    rows = [each for each in of_table7() if "transformer" not in each["model"]]
    assert [reduction for *_, reduction in sizes(rows)] == ["1.0", "4.0", "8.0", "8.0"]


def test_the_teacher_is_the_search_with_the_widest_budget() -> None:
    found = cells(distillation.table(models(*HATS, derived(HATS[0], "distilled", 31.5))))
    assert [(each["Model"], each["BLEU"]) for each in found] == [
        ("Teacher: HAT, budget 75%", "35.0 ± 1.5"),
        ("Student: HAT, budget 25%", "30.0 ± 1.5"),
        ("Student, distilled", "31.5 ± 1.5"),
    ]


def test_a_table_is_written_in_three_forms(tmp_path: Path) -> None:
    table4.table(models(*HATS, LARGEST)).write(tmp_path / "table4")
    assert "WMT'14 En-De" in (tmp_path / "table4.md").read_text()
    assert r"\label{tab:table4}" in (tmp_path / "table4.tex").read_text()
    assert len(records(tmp_path / "table4.csv")) == 3 + 4
