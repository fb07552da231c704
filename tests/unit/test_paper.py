"""Table 8, Figures 6 and 7 from made-up results: what stands in each cell, what is drawn, the same bytes every time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hat.errors import InputError
from hat.paper import figure6, figure7, table1, table8, tradeoff
from hat.paper.gathered import KINDS
from hat.paper.style import Label, label_points, panel_grid
from hat.paper.tables import escape_latex

from tests.unit.paper_world import MACHINE, Row, cells, drawn, gathered, hat, models, records, row, small_experiment

SIZED = ["Budget (ms)", "Latency (ms)", "#Params (M)", "FLOPs (M)"]
MEASURED = ["Task", "Device", "Model", *SIZED, "BLEU", "SacreBLEU"]


@pytest.fixture
def rows() -> list[Row]:
    return small_experiment()


# --- Table 8


def test_table8_cells(rows: list[Row]) -> None:
    found = cells(table8.table(models(*rows)))
    expected = ["multi30k.de-en", "this_cpu", "HAT, budget 25%†", "9.00", "9.12", "1.23", "45.7"]
    assert list(found[0].values()) == [*expected, "34.0 ± 1.5", "33.0 ± 1.4"]
    assert list(found[0]) == MEASURED
    assert [each["Model"] for each in found] == [
        "HAT, budget 25%†",
        "HAT, budget 75%",
        "Transformer, decoder layers 1",
        "Transformer, decoder layers 4",
        "Transformer, width 64",
    ]
    assert [each["Latency (ms)"] for each in found] == ["9.12", "17.5", "8.90", "22.0", "15.2"]


def test_table8_units_of_large_models() -> None:
    large = hat("4500ms", 4500.0, 4470.0, 28.6, parameters=35_720_000, flops=2_190_000_000)
    (found,) = cells(table8.table(models(large)))
    assert [found[name] for name in MEASURED[3:8]] == ["4,500", "4,470", "35.7", "2,190", "28.6 ± 1.5"]


def test_table8_csv_has_full_numbers_and_provenance(tmp_path: Path, rows: list[Row]) -> None:
    table8.table(models(*rows)).write(tmp_path / "table8")
    first, *_ = records(tmp_path / "table8.csv")
    assert list(first) == list(KINDS["models"])
    assert (first["model"], first["latency_ms"], first["bleu"]) == ("hat-this_cpu-25%", "9.125", "33.96")
    assert (first["predicted_ms"], first["parameters"], first["bits"]) == ("9.0", "1234567", "")
    assert first["score_file"] == "results/x/score/test.json"
    assert first["fits"] == "false"


def test_table8_markdown(rows: list[Row]) -> None:
    lines = table8.table(models(*rows)).markdown().splitlines()
    assert lines[0].startswith("**Table 8: ")
    table = [line for line in lines if line.startswith("|")]
    assert [cell.strip() for cell in table[0].strip("|").split("|")] == MEASURED
    assert {line.count("|") for line in table} == {len(MEASURED) + 1}
    assert len(table) == 2 + len(rows)
    for told in (
        "`case:mixed|tok:13a`",
        "`case:mixed|tok:none`",
        f"`device:this_cpu|{MACHINE}|beam:5|anchor:4f1c`",
        "† No candidate measured kept the budget",
        "13 tokens",
    ):
        assert told in "\n".join(lines)


def test_no_dagger_is_explained_where_none_stands(rows: list[Row]) -> None:
    assert "†" not in table8.table(models(*(each for each in rows if each.get("fits") is not False))).markdown()


def test_a_model_that_was_timed_on_a_busy_machine_is_marked(rows: list[Row]) -> None:
    assert "busy machine" not in table8.table(models(*rows)).markdown()
    doubted = table8.table(models(*rows, hat("40%", 11.0, 10.5, 34.0, doubtful=True))).markdown()
    assert re.search(r"HAT, budget 40% .* 10.5\? ", doubted)
    assert "? Timed on a busy machine" in doubted


def test_a_model_that_keeps_its_budget_within_the_uncertainty_alone_is_marked(rows: list[Row]) -> None:
    assert "§" not in table8.table(models(*rows)).markdown()
    table = table8.table(models(*rows, hat("50%", 12.0, 11.9, 34.5, confirmed_ms=12.1, fits=True, rank=2)))
    assert cells(table)[1]["Model"] == "HAT, budget 50%‡§"
    assert "§ Above the budget when this was chosen" in table.markdown()
    assert r"50\%$\ddagger$\S{}" in table.latex()


def test_a_next_best_candidate_is_marked_and_its_rank_told(rows: list[Row]) -> None:
    assert "‡" not in table8.table(models(*rows)).markdown()
    table = table8.table(models(*rows, hat("50%", 13.0, 12.0, 34.0, rank=3)))
    assert [each["Model"] for each in cells(table)][:3] == ["HAT, budget 25%†", "HAT, budget 50%‡", "HAT, budget 75%"]
    (note,) = (note for note in table.notes if "‡" in note)
    assert note.endswith("Taken: HAT, budget 50% (multi30k.de-en, this_cpu): rank 3.")
    assert r"HAT, budget 50\%$\ddagger$" in table.latex()


def test_a_model_whose_translations_were_cut_is_named(rows: list[Row]) -> None:
    assert "cut" not in table8.table(models(*rows)).markdown()
    searched = hat("40%", 11.0, 10.5, 34.0, cut=3)
    elsewhere = {**searched, "device": "gpu", "budget": None}
    derived = row("hat-this_cpu-40%-inherited", "inherited", 9.0, 30.0, cut=1, base="hat-this_cpu-40%")
    told = table1.table(models(elsewhere, searched, derived, row("largest", "largest", 9.0, 30.0, cut=2))).markdown()
    assert (
        "- Translations of multi30k.de-en cut at the greatest length (`max_len_b`), which takes from BLEU: HAT, "
        "budget 40% for this_cpu (3 of 1000); HAT, budget 40% for this_cpu, inherited (1 of 1000); "
        "Largest SubTransformer (2 of 1000).\n"
    ) in told


def test_table8_latex(rows: list[Row]) -> None:
    text = table8.table(models(*rows, {**rows[0], "device": "gpu"})).latex()
    assert (
        r"multi30k.de-en & this\_cpu & HAT, budget 25\%$\dagger$ & 9.00 & 9.12 & 1.23 & 45.7 & 34.0 $\pm$ 1.5 & "
        in text
    )
    assert r"  &  & HAT, budget 75\% & " in text
    assert r" multi30k.de-en & gpu & Transformer, width 64" in text
    assert text.count(r"\midrule") == 2
    assert text.count(r" \\") == 1 + 6
    assert r"\begin{tabular}{lllrrrrrr}" in text
    assert r"\#Params" in text
    assert r"\textbar{}\allowbreak{}beam:5\textbar{}\allowbreak{}anchor:4f1c}" in text
    assert r"\label{tab:table8}" in text
    assert all(ord(letter) < 128 for letter in text)


def test_latex_escapes_every_special_character() -> None:
    escaped = r"\textbackslash{}\&\%\$\#\_\{\}\textasciitilde{}\textasciicircum{}"
    assert escape_latex("\\&%$#_{}~^") == escaped


# --- Figures


def test_figure7_is_the_same_every_time(tmp_path: Path, rows: list[Row]) -> None:
    figure7.draw(models(*rows), tmp_path / "first")
    figure7.draw(models(*rows), tmp_path / "second")
    first = drawn(tmp_path / "first")
    assert first == drawn(tmp_path / "second")
    assert first["png"].startswith(b"\x89PNG")
    assert first["pdf"].startswith(b"%PDF")
    assert b"CreationDate" not in first["pdf"]


def test_figure7_draws_measurements_alone(tmp_path: Path, rows: list[Row]) -> None:
    predicted = {**rows[0], "latency_ms": None, "predicted_ms": 5.0}
    untrained = {**rows[1], "bleu": None}
    figure7.draw(models(predicted, untrained, rows[2]), tmp_path / "figure7")
    assert [record["model"] for record in records(tmp_path / "figure7.csv")] == ["transformer-depth-1"]
    with pytest.raises(InputError, match="no model has a measured latency and a BLEU"):
        figure7.draw(models(predicted, untrained), tmp_path / "none")


def test_figure7_csv_is_what_is_drawn(tmp_path: Path, rows: list[Row]) -> None:
    figure7.draw(models(*rows), tmp_path / "figure7")
    found = records(tmp_path / "figure7.csv")
    assert [each["series"] for each in found] == ["HAT"] * 2 + ["Depth scaling"] * 2 + ["Width scaling"]
    assert [each["size"] for each in found] == ["25%", "75%", "1", "4", "64"]
    assert (found[0]["latency_ms"], found[0]["bleu"], found[0]["sacrebleu"]) == ("9.125", "33.96", "32.96")


def test_figure7_marks_budgets_as_table8_does(tmp_path: Path, rows: list[Row], monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Label] = []
    monkeypatch.setattr(tradeoff, "label_points", lambda _, labels: told.extend(*labels.values()))
    figure7.draw(models(*rows, hat("50%", 12.0, 12.1, 34.5, fits=True)), tmp_path / "figure7")
    assert [word for _, _, word, _ in told] == ["25%†", "50%§", "75%", "1 layer", "4", "width 64"]


def test_figure7_writes_what_a_far_weaker_model_has_at_its_lower_edge(
    tmp_path: Path, rows: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Label] = []
    monkeypatch.setattr(tradeoff, "label_points", lambda _, labels: told.extend(*labels.values()))
    figure7.draw(models(*rows[1:], {**rows[0], "bleu": 2.04}), tmp_path / "figure7")
    words = {word: bleu for _, bleu, word, _ in told}
    assert min(words, key=words.__getitem__) == "width 64: 2.0"
    assert 25 < words["width 64: 2.0"] < 30
    assert records(tmp_path / "figure7.csv")[-1]["bleu"] == "2.04"


def test_a_bleu_without_an_interval_is_drawn_without_one(tmp_path: Path, rows: list[Row]) -> None:
    figure7.draw(models({**rows[0], "bleu_half_width": None}, rows[1]), tmp_path / "figure7")
    assert [each["bleu_half_width"] for each in records(tmp_path / "figure7.csv")] == ["1.5", ""]


def test_figure7_with_one_point_and_with_many_panels(tmp_path: Path, rows: list[Row]) -> None:
    figure7.draw(models(rows[-1]), tmp_path / "one")
    many = [{**each, "device": f"device-{number}"} for each in rows for number in range(4)]
    figure7.draw(models(*many), tmp_path / "many")
    sizes = [int.from_bytes(drawn(tmp_path / name)["png"][16:20]) for name in ("one", "many")]
    assert sizes == [660, 1980]  # pixels: one and three columns of 3.3 inches


def test_labels_keep_clear_of_each_other() -> None:
    with panel_grid(1) as (figure, (axes,)):
        points = [(1.0, 1.0), (1.02, 1.01), (1.04, 1.0), (5.0, 3.0)]
        axes.plot([x for x, _ in points], [y for _, y in points], marker="o")
        labels: list[Label] = [(x, y, "label", "black") for x, y in points]
        label_points(figure, {axes: labels})
        boxes = [text.get_window_extent() for text in axes.texts]
        assert len(boxes) == 4
        frame = axes.get_window_extent()
        assert not any(a.overlaps(b) for number, a in enumerate(boxes) for b in boxes[:number])
        assert all(frame.contains(*corner) for box in boxes for corner in (box.min, box.max))


def test_figure6_is_the_same_every_time(tmp_path: Path) -> None:
    places = [{"task": "multi30k.de-en", "device": device} for device in ("this-cpu", "gpu")]
    points = [(0, 10.0, 10.5), (0, 20.0, 19.0), (0, 30.0, 30.0), (1, 5.0, 5.0)]
    errors = {"chosen": "ridge", "samples": 30, "left_out": 0, "rmse_ms": 0.65, "mape": 0.033}
    frames = {
        "predictions": gathered(
            "predictions", [places[n] | {"measured_ms": x, "predicted_ms": y} for n, x, y in points]
        ),
        "predictors": gathered("predictors", [places[0] | errors | {"kendall_tau": 1.0}, places[1] | errors]),
    }
    for name in ("first", "second"):
        figure6.draw(frames, tmp_path / name)
    assert drawn(tmp_path / "first") == drawn(tmp_path / "second")
    found = records(tmp_path / "first.csv")
    assert [each["predicted_ms"] for each in found] == ["10.5", "19.0", "30.0", "5.0"]
    assert {(each["device"], each["predictor"]) for each in found} == {("this-cpu", "ridge"), ("gpu", "ridge")}
