"""Table 8, Figures 6 and 7 from made-up results: what stands in each cell, what is drawn, the same bytes every time."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from hat.errors import InputError
from hat.files import read_csv
from hat.paper.figure6 import Predictions, draw_figure6
from hat.paper.figure7 import draw_figure7
from hat.paper.models import ModelRow
from hat.paper.style import Label, label_points, panel_grid
from hat.paper.table8 import table8, table8_records
from hat.paper.tables import escape_latex

from tests.unit.paper_world import drawn, hat, small_experiment

MEASURED = ["Task", "Hardware", "Model", "Latency", "#Params", "FLOPs", "BLEU", "SacreBLEU"]


@pytest.fixture
def rows() -> list[ModelRow]:
    return small_experiment()


# --- Table 8


def test_table8_cells(rows: list[ModelRow]) -> None:
    (group,) = table8(rows).groups
    expected = ["multi30k.de-en", "this_cpu", "HAT, budget 25%", "9.12 ms†", "1.23M", "45.68M", "34.0", "33.0 ± 1.4"]
    assert list(group[0]) == expected
    assert [cells[2] for cells in group] == [
        "HAT, budget 25%",
        "HAT, budget 75%",
        "Transformer, decoder layers 1",
        "Transformer, decoder layers 4",
        "Transformer, width 64",
    ]
    assert [cells[3] for cells in group] == ["9.12 ms†", "17.50 ms", "8.90 ms", "22.00 ms", "15.25 ms"]


def test_table8_units_of_large_models(rows: list[ModelRow]) -> None:
    large = hat("4500ms", 4500.0, 4470.0, 27.6, parameters=35_720_000, flops=2_190_000_000, bleu_kind="compound-split")
    ((cells,),) = table8([large]).groups
    assert list(cells[3:7]) == ["4.47 s", "35.72M", "2.19G", "28.6"]


def test_table8_csv_has_full_numbers_and_provenance(tmp_path: Path, rows: list[ModelRow]) -> None:
    table8(rows).write(tmp_path / "table8", table8_records(rows))
    first, *_ = read_csv(tmp_path / "table8.csv", ["bleu", *[field.name for field in dataclasses.fields(ModelRow)]])
    assert (first["model"], first["latency_ms"], first["bleu"]) == ("hat-this_cpu-25%", "9.125", "33.96")
    assert first["score_file"] == "results/x/score/test.json"
    assert first["fits"] == "false"


def test_table8_markdown(rows: list[ModelRow]) -> None:
    lines = table8(rows).markdown().splitlines()
    assert lines[0].startswith("**Table 8: ")
    table = [line for line in lines if line.startswith("|")]
    assert table[0] == f"| {' | '.join(MEASURED)} |"
    assert {line.count("|") for line in table} == {len(MEASURED) + 1}
    assert len(table) == 2 + len(rows)
    for told in (
        "`case:mixed|tok:13a`",
        "`case:mixed|tok:none`",
        "`device:this_cpu|beam:5`",
        "† No candidate measured kept the budget",
        "13 tokens",
    ):
        assert told in "\n".join(lines)


def test_no_dagger_is_explained_where_none_stands(rows: list[ModelRow]) -> None:
    assert "†" not in table8([each for each in rows if each.fits is not False]).markdown()


def test_a_next_best_candidate_is_marked_and_its_rank_told(rows: list[ModelRow]) -> None:
    assert "‡" not in table8(rows).markdown()
    table = table8([*rows, hat("50%", 13.0, 12.0, 34.0, rank=3)])
    assert [cells[2] for cells in table.groups[0]][:3] == ["HAT, budget 25%", "HAT, budget 50%‡", "HAT, budget 75%"]
    (note,) = (note for note in table.notes if "‡" in note)
    assert note.endswith("Taken: HAT, budget 50% (multi30k.de-en, this_cpu): rank 3.")
    assert r"HAT, budget 50\%$\ddagger$" in table.latex()


def test_table8_latex(rows: list[ModelRow]) -> None:
    text = table8([*rows, dataclasses.replace(rows[0], hardware="gpu")]).latex()
    assert (
        r"multi30k.de-en & this\_cpu & HAT, budget 25\% & 9.12 ms$\dagger$ & 1.23M & 45.68M & 34.0 & 33.0 $\pm$ 1.4 \\"
        in text
    )
    assert r"  &  & HAT, budget 75\% & " in text
    assert r" multi30k.de-en & gpu & Transformer, width 64" in text
    assert text.count(r"\midrule") == 2
    assert r"\#Params" in text
    assert r"\texttt{device:this\_cpu\textbar{}\allowbreak{}beam:5}" in text
    assert r"\label{tab:table8}" in text
    assert all(ord(letter) < 128 for letter in text)


def test_latex_escapes_every_special_character() -> None:
    escaped = r"\textbackslash{}\&\%\$\#\_\{\}\textasciitilde{}\textasciicircum{}"
    assert escape_latex("\\&%$#_{}~^") == escaped


# --- Figures


def test_figure7_is_the_same_every_time(tmp_path: Path, rows: list[ModelRow], monkeypatch: pytest.MonkeyPatch) -> None:
    draw_figure7(rows, tmp_path / "first")
    draw_figure7(rows, tmp_path / "second")
    first = drawn(tmp_path / "first")
    assert first == drawn(tmp_path / "second")
    assert first["png"].startswith(b"\x89PNG")
    assert first["pdf"].startswith(b"%PDF")
    assert b"CreationDate" not in first["pdf"]


def test_figure7_draws_measurements_alone(tmp_path: Path, rows: list[ModelRow]) -> None:
    predicted = dataclasses.replace(rows[0], latency_ms=None, predicted_ms=5.0)
    untrained = dataclasses.replace(rows[1], tokenized_bleu=None)
    draw_figure7([predicted, untrained, rows[2]], tmp_path / "figure7")
    assert [record["model"] for record in read_csv(tmp_path / "figure7.csv")] == ["transformer-depth-1"]
    with pytest.raises(InputError, match="no model has a measured latency and a BLEU"):
        draw_figure7([predicted, untrained], tmp_path / "none")


def test_figure7_csv_is_what_is_drawn(tmp_path: Path, rows: list[ModelRow]) -> None:
    draw_figure7(rows, tmp_path / "figure7")
    records = read_csv(tmp_path / "figure7.csv", ["series", "model", "latency_ms", "bleu", "sacrebleu"])
    assert [record["series"] for record in records] == ["HAT"] * 2 + ["Depth scaling"] * 2 + ["Width scaling"]
    assert (records[0]["latency_ms"], records[0]["bleu"], records[0]["sacrebleu"]) == ("9.125", "33.96", "32.96")


def test_figure7_with_one_point_and_with_many_panels(tmp_path: Path, rows: list[ModelRow]) -> None:
    draw_figure7(rows[-1:], tmp_path / "one")
    many = [dataclasses.replace(each, hardware=f"device-{number}") for each in rows for number in range(4)]
    draw_figure7(many, tmp_path / "many")
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


@pytest.fixture
def device(tmp_path: Path) -> tuple[Path, Path]:
    folder = tmp_path / "multi30k.de-en" / "latency" / "this-cpu"
    folder.mkdir(parents=True)
    (folder / "predictions.csv").write_text("measured_ms,predicted_ms\n10.0,10.5\n20.0,19.0\n30.0,30.0\n")
    errors = {"rmse_ms": 0.65, "mape": 0.033, "kendall_tau": 1.0}
    report = {"chosen": "ridge", "models": {"ridge": {"test": errors}, "mlp": {"test": {**errors, "rmse_ms": 9.0}}}}
    (folder / "predictor.json").write_text(json.dumps(report))
    return folder / "predictions.csv", folder / "predictor.json"


def test_predictions_take_names_from_their_folder_and_errors_from_the_chosen_model(device: tuple[Path, Path]) -> None:
    found = Predictions.load(*device)
    assert (found.task, found.device, found.predictor) == ("multi30k.de-en", "this-cpu", "ridge")
    assert (found.rmse_ms, found.mape, found.kendall_tau) == (0.65, 0.033, 1.0)
    assert (found.measured_ms, found.predicted_ms) == ([10.0, 20.0, 30.0], [10.5, 19.0, 30.0])


def test_figure6_is_the_same_every_time(tmp_path: Path, device: tuple[Path, Path]) -> None:
    found = Predictions.load(*device)
    undefined = dataclasses.replace(found, kendall_tau=None, measured_ms=[5.0], predicted_ms=[5.0])
    for name in ("first", "second"):
        draw_figure6([found, undefined], tmp_path / name)
    assert drawn(tmp_path / "first") == drawn(tmp_path / "second")
    records = read_csv(tmp_path / "first.csv", ["task", "device", "predictor", "measured_ms", "predicted_ms"])
    assert [record["predicted_ms"] for record in records] == ["10.5", "19.0", "30.0", "5.0"]


def test_a_report_without_its_model_is_named(device: tuple[Path, Path]) -> None:
    device[1].write_text(json.dumps({"chosen": "mlp", "models": {}}))
    with pytest.raises(InputError, match=r"predictor\.json: missing key 'mlp'"):
        Predictions.load(*device)


def test_predictions_that_are_no_numbers_are_named(device: tuple[Path, Path]) -> None:
    device[0].write_text("measured_ms,predicted_ms\n10.0,slow\n")
    with pytest.raises(InputError, match=r"predictions\.csv: .*slow.*milliseconds"):
        Predictions.load(*device)
