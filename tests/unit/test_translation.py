"""What shipped models take for real sentences: the command that times them, and its table."""

from __future__ import annotations

import time
from pathlib import Path

import measure_translation
import pandas as pd
import pytest
from hat.engines.interface import Device
from hat.engines.torch_eager import ENGINE, TorchEager
from hat.files import read_csv
from hat.model.checkpoint import load_checkpoint
from hat.paper.tables import BUSY
from hat.paper.translation import table
from hat.translator.bundle import load
from measure_translation import Turn, spread

from tests.unit.corpus_files import GERMAN
from tests.unit.paper_world import hat, models
from tests.unit.test_export_model import export, prepared


def test_every_way_to_run_a_shipped_model_is_timed(tmp_path: Path) -> None:
    words = prepared(tmp_path, "joint")
    export(words)
    asked = {"--task": "tiny", "--model": "small", "--ship": words["--output"], "--checkpoint": words["--checkpoint"]}
    asked |= {"--raw": words["--raw"], "--sentences": "2", "--output": str(tmp_path / "translation.csv")}
    arguments = [word for pair in asked.items() for word in pair]
    measure_translation.main(measure_translation.parser().parse_args(arguments))
    rows = read_csv(tmp_path / "translation.csv")
    ways = {(row["engine"], row["dtype"], row["shortlist"]) for row in rows}
    shipped = {(engine, dtype) for engine in ("litert", "onnxruntime") for dtype in ("float32", "int8")}
    listed = {("litert", dtype, "true") for dtype in ("float32", "int8")}
    assert ways == {(*way, "false") for way in shipped} | listed | {(ENGINE, "float32", "false")}
    assert all(0 < float(row["p50_ms"]) <= float(row["p90_ms"]) for row in rows)
    assert {row["sentences"] for row in rows} == {"2"}
    sizes = {row["dtype"]: float(row["weights_mb"]) for row in rows if row["weights_mb"]}
    assert sizes["int8"] < sizes["float32"]


def test_eager_torch_translates_like_what_is_shipped(tmp_path: Path) -> None:
    words = prepared(tmp_path, "separate")
    export(words)
    shipped, eager = load(words["--output"]), load(words["--output"])
    model, _ = load_checkpoint(Path(words["--checkpoint"]))
    eager.engine = measure_translation.Eager(TorchEager(model, Device(name="eager")))  # type: ignore[assignment]
    assert eager.translate(GERMAN) == shipped.translate(GERMAN)


def test_times_of_a_processor_that_others_took_are_doubtful() -> None:
    alone, shared = Turn(wall_ms=8.0, processor_ms=7.9), Turn(wall_ms=16.0, processor_ms=8.0)
    assert spread([alone, alone, shared]) == {"p50_ms": 8.0, "p90_ms": 14.4, "doubtful": False}
    assert spread([alone, shared, shared])["doubtful"]
    assert not spread([Turn(wall_ms=4.0, processor_ms=8.0)])["doubtful"], "two threads"
    turn = Turn.of(lambda: time.sleep(0.05))
    assert turn.wall_ms > 50 > 10 * turn.processor_ms


def test_medians_stand_beside_those_of_eager_torch() -> None:
    facts = {
        "task": "multi30k.de-en",
        "sacrebleu": 30.0,
        "sentences": 20,
        "threads": 1,
        "weights_mb": 1.5,
        "dtype": "float32",
    }
    times = [
        ("hat-this_cpu-25%", "litert", False, 2.0),
        ("hat-this_cpu-25%", "litert", True, 1.0),
        ("hat-this_cpu-25%", ENGINE, False, 8.0),
        ("b", ENGINE, False, 4.0),
    ]
    rows = [
        {**facts, "model": model, "engine": engine, "shortlist": shortlist, "p50_ms": p50, "p90_ms": 2 * p50}
        for model, engine, shortlist, p50 in times
    ]
    rows[0]["doubtful"] = True
    made = table({"translations": pd.DataFrame(rows), **models(hat("25%", 9.0, 8.5, 30.0))})
    told = [*["HAT, budget 25% for this_cpu"] * 3, "b"]  # which has no device
    assert made.cells()["Model"].tolist() == told
    assert made.cells()["Median (ms)"].tolist() == ["2.00?", "1.00", "8.00", "4.00"]
    assert BUSY in made.markdown()
    assert made.frame["of_eager"].tolist() == pytest.approx([0.25, 0.125, 1, 1])
    assert made.frame["way"].tolist() == ["LiteRT, fp32", "LiteRT, fp32, shortlist", *["eager torch, fp32"] * 2]
