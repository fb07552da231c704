"""Tables and figures from made-up results: what stands in each cell, what is drawn, the same bytes every time."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hat.architecture import DesignSpace
from hat.cost import count_flops, count_parameters
from hat.errors import InputError
from hat.files import read_csv
from hat.paper.figure6 import Predictions, draw_figure6
from hat.paper.figure7 import draw_figure7
from hat.paper.models import ModelRow, model_row, panels, read_models, write_models
from hat.paper.style import Label, label_points, panel_grid
from hat.paper.table8 import table8, table8_records
from hat.paper.tables import escape_latex

from tests.spaces import TINY

MEASURED = ["Task", "Hardware", "Model", "Latency", "#Params", "FLOPs", "BLEU", "SacreBLEU"]


def row(model: str, family: str, latency_ms: float, bleu: float, **changes: Any) -> ModelRow:
    facts: dict[str, Any] = {
        "task": "multi30k.de-en",
        "hardware": "this_cpu",
        "budget": None,
        "budget_ms": None,
        "predicted_ms": None,
        "fits": None,
        "rank": None,
        "p50_ms": latency_ms,
        "p90_ms": latency_ms * 1.1,
        "drift": 1.02,
        "encoder_layers": 3,
        "decoder_layers": 2,
        "encoder_embed_dim": 96,
        "decoder_embed_dim": 128,
        "parameters": 1_234_567,
        "flops": 45_678_901,
        "sentence_length": 13,
        "bleu_kind": "tokenized",
        "tokenized_bleu": bleu,
        "tokenized_bleu_half_width": 1.5,
        "compound_split_bleu": bleu + 1,
        "compound_split_bleu_half_width": 1.6,
        "sacrebleu": bleu - 1,
        "sacrebleu_half_width": 1.4,
        "chrf2": 55.5,
        "sentences": 1000,
        "published_latency_ms": None,
        "published_params_m": None,
        "published_flops_g": None,
        "published_bleu": None,
        "published_sacrebleu": None,
        "bleu_signature": "case:mixed|tok:none",
        "sacrebleu_signature": "case:mixed|tok:13a",
        "latency_signature": "device:this_cpu|beam:5",
        "architecture": TINY.largest.key,
        "architecture_file": "results/x/architecture.yaml",
        "score_file": "results/x/score/test.json",
        "latency_file": "results/x/latency/this_cpu.json",
        "confirmed_file": None,
    }
    return ModelRow(model=model, family=family, latency_ms=latency_ms, **{**facts, **changes})


def hat(budget: str, budget_ms: float, latency_ms: float, bleu: float, **changes: Any) -> ModelRow:
    choice = {"budget": budget, "budget_ms": budget_ms, "predicted_ms": budget_ms, "rank": 1}
    choice["fits"] = latency_ms <= budget_ms
    return row(f"hat-this_cpu-{budget}", "hat", latency_ms, bleu, **{**choice, **changes})


@pytest.fixture
def rows() -> list[ModelRow]:
    return [
        row("transformer-width-64", "width", 15.25, 32.1, decoder_embed_dim=64),
        row("transformer-depth-4", "depth", 22.0, 34.9, decoder_layers=4),
        row("transformer-depth-1", "depth", 8.9, 31.0, decoder_layers=1),
        hat("75%", 18.0, 17.5, 35.3),
        hat("25%", 9.0, 9.125, 33.96),
    ]


# --- models.csv


def test_models_survive_the_csv(tmp_path: Path, rows: list[ModelRow]) -> None:
    write_models(tmp_path / "models.csv", rows)
    assert read_models(tmp_path / "models.csv") == rows


@pytest.mark.parametrize(
    ("column", "cell", "told"),
    [
        ("latency_ms", "fast", "line 2: latency_ms: 'fast'; legal: a number"),
        ("parameters", "1.5", "line 2: parameters: '1.5'; legal: a whole number"),
        ("fits", "maybe", "line 2: fits: 'maybe'; legal: true, false"),
        ("flops", "", "line 2: flops: ''"),
    ],
)
def test_an_illegal_cell_is_named(tmp_path: Path, rows: list[ModelRow], column: str, cell: str, told: str) -> None:
    write_models(tmp_path / "models.csv", rows)
    with open(tmp_path / "models.csv", newline="") as stream:
        records = list(csv.DictReader(stream))
    records[0][column] = cell
    with open(tmp_path / "models.csv", "w", newline="") as stream:
        writer = csv.DictWriter(stream, records[0])
        writer.writeheader()
        writer.writerows(records)
    with pytest.raises(InputError) as caught:
        read_models(tmp_path / "models.csv")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [("a,b\n", "no rows"), ("a\n1\n", "missing column 'b'"), ("a,b\n1,2\n3\n", "line 3: not 2 cells")],
)
def test_broken_csv(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(InputError, match=told):
        read_csv(tmp_path / "x.csv", ["a", "b"])


def test_missing_csv_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.csv"):
        read_models(tmp_path / "absent.csv")


def test_panels_put_hat_first_and_sort_by_latency(rows: list[ModelRow]) -> None:
    other = dataclasses.replace(rows[0], hardware="gpu")
    (task, hardware, first), (_, second_hardware, second) = panels([*rows, other])
    assert (task, hardware, second_hardware) == ("multi30k.de-en", "this_cpu", "gpu")
    names = [
        "hat-this_cpu-25%",
        "hat-this_cpu-75%",
        "transformer-depth-1",
        "transformer-depth-4",
        "transformer-width-64",
    ]
    assert [each.model for each in first] == names
    assert second == [other]


@pytest.fixture
def files(tmp_path: Path, tiny_space: DesignSpace) -> dict[str, Path]:
    """What the rules of one HAT model write."""
    folder = tmp_path / "results" / "x" / "task"
    folder.mkdir(parents=True)
    tiny_space.largest.save(folder / "architecture.yaml")
    names = ("tokenized_bleu", "compound_split_bleu", "sacrebleu", "chrf2")
    contents = {
        "score": {
            **{name: 30.0 + number for number, name in enumerate(names)},
            "confidence": {name: {"mean": 30.0, "half_width": 1.0 + number} for number, name in enumerate(names)},
            "signatures": {name: f"signature of {name}" for name in names},
            "sentences": 500,
        },
        "latency": {
            "latency_ms": 9.5,
            "p50_ms": 9.4,
            "p90_ms": 10.5,
            "drift": 1.05,
            "signature": {"device": "this-cpu", "beam": 5, "sentence_length": 11, "anchor": tiny_space.largest.key},
        },
        "confirmed": {"budget": "p25", "budget_ms": 10.0, "predicted_ms": 9.9, "rank": 3, "fits": True},
    }
    for name, content in contents.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return {"architecture": folder / "architecture.yaml"} | {name: folder / f"{name}.json" for name in contents}


def gathered(files: dict[str, Path], root: Path, **changes: Any) -> ModelRow:
    facts: dict[str, Any] = {"task": "task", "hardware": "this-cpu", "model": "hat-this-cpu-p25", "family": "hat"}
    facts |= {"budget": "25%", "bleu_kind": "tokenized", "sentence_length": 11, "predicted_ms": None}
    return model_row(**{**facts, **files, "root": root, **changes})


def test_a_row_gathers_its_files(tmp_path: Path, files: dict[str, Path], tiny_space: DesignSpace) -> None:
    found = gathered(files, tmp_path)
    assert found.parameters == count_parameters(tiny_space.largest)
    assert found.flops == count_flops(tiny_space.largest, 11)
    assert (found.latency_ms, found.budget_ms, found.predicted_ms, found.fits) == (9.5, 10.0, 9.9, True)
    assert (found.bleu, found.bleu_half_width, found.sacrebleu, found.sacrebleu_half_width) == (30.0, 1.0, 32.0, 3.0)
    assert (found.rank, found.drift) == (3, 1.05)
    anchor = hashlib.sha256(tiny_space.largest.key.encode()).hexdigest()[:8]
    assert found.latency_signature == f"device:this-cpu|beam:5|sentence_length:11|anchor:{anchor}"
    assert found.bleu_signature == "signature of tokenized_bleu"
    assert found.score_file == "results/x/task/score.json"
    assert found.confirmed_file == "results/x/task/confirmed.json"


def test_wmt_reports_compound_split_bleu(tmp_path: Path, files: dict[str, Path]) -> None:
    found = gathered(files, tmp_path, bleu_kind="compound-split")
    assert (found.bleu, found.bleu_half_width) == (31.0, 2.0)
    assert found.bleu_signature == "signature of compound_split_bleu"


@pytest.mark.parametrize("fits", [True, False])
def test_whether_a_budget_is_kept_was_found_when_the_model_was_chosen(
    tmp_path: Path, files: dict[str, Path], fits: bool
) -> None:
    """Not by comparing with the latency of the table, which is measured anew."""
    files["confirmed"].write_text(json.dumps({"budget_ms": 9.5, "predicted_ms": 8.9, "rank": 1, "fits": fits}))
    assert gathered(files, tmp_path).fits is fits


def test_what_is_not_at_hand_is_predicted_and_what_is_published_stands_apart(
    tmp_path: Path, files: dict[str, Path]
) -> None:
    """A model of the release, on a device that is not at hand, where nothing is trained."""
    facts: dict[str, Any] = {"family": "given", "budget": None, "confirmed": None, "score": None, "latency": None}
    facts |= {"task": "wmt14.en-de", "hardware": "raspberrypi", "model": "wmt14.en-de-raspberrypi-3.5s"}
    found = gathered(files, tmp_path, **facts, predicted_ms=3600.0)
    assert (found.latency_ms, found.predicted_ms, found.bleu, found.sentences) == (None, 3600.0, None, None)
    published = (found.published_latency_ms, found.published_params_m, found.published_flops_g, found.published_bleu)
    assert published == (3500.0, 25.22, 1.53, 25.8)
    table = table8([found, dataclasses.replace(found, published_bleu=None, model="another")])
    assert "Latency" not in table.columns
    assert "BLEU" not in table.columns
    shown = [dict(zip(table.columns, row, strict=True)) for row in table.groups[0]]
    assert [row["Predicted latency"] for row in shown] == ["3.60 s"] * 2
    assert [row["Published BLEU"] for row in shown] == ["25.8", "–"]
    assert "nothing was measured here" in table.markdown()


def test_a_search_meets_the_published_model_of_its_constraint(tmp_path: Path, files: dict[str, Path]) -> None:
    choice = {"budget_ms": 91.2, "predicted_ms": 90.0, "rank": 1, "fits": None}
    files["confirmed"].write_text(json.dumps(choice))
    place = {"task": "wmt14.en-de", "hardware": "titanxp"}
    assert gathered(files, tmp_path, **place, latency=None).published_bleu == 27.6
    assert gathered(files, tmp_path, **place | {"hardware": "xeon"}, latency=None).published_bleu is None


def test_a_baseline_has_no_budget(tmp_path: Path, files: dict[str, Path]) -> None:
    found = gathered(files, tmp_path, family="depth", budget=None, confirmed=None)
    assert (found.budget_ms, found.predicted_ms, found.fits, found.rank, found.confirmed_file) == (None,) * 5


@pytest.mark.parametrize("name", ["architecture", "score", "latency", "confirmed"])
def test_a_missing_file_is_named(tmp_path: Path, files: dict[str, Path], name: str) -> None:
    files[name].unlink()
    with pytest.raises(InputError) as caught:
        gathered(files, tmp_path)
    assert str(files[name]) in str(caught.value)


@pytest.mark.parametrize(("name", "key"), [("score", "sacrebleu"), ("latency", "drift"), ("confirmed", "rank")])
def test_a_missing_key_is_named(tmp_path: Path, files: dict[str, Path], name: str, key: str) -> None:
    record = json.loads(files[name].read_text())
    del record[key]
    files[name].write_text(json.dumps(record))
    with pytest.raises(InputError, match=f"missing key '{key}'") as caught:
        gathered(files, tmp_path)
    assert str(files[name]) in str(caught.value)


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


def drawn(stem: Path) -> dict[str, bytes]:
    return {ending: Path(f"{stem}.{ending}").read_bytes() for ending in ("pdf", "png", "csv")}


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
