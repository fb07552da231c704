"""The command search_subtransformer, with a toy objective in fairseq's place."""

from __future__ import annotations

import csv
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import search_subtransformer
import torch
from hat.architecture import SubTransformer
from hat.cost import count_parameters
from hat.files import write_json, write_yaml
from hat.predictor.model import Predictor, build_mlp, engineered
from hat_workflow import command
from hat_workflow.arguments import inheriting

from tests.spaces import SMALL as SPACE

BUDGETS = {
    "p25": {"text": "25%", "latency_ms": 2.5},
    "3ms": {"text": "3ms", "latency_ms": 3.0},
    "3ms-60k": {"text": "3ms, 60k parameters", "latency_ms": 3.0},
    "3ms-1k": {"text": "3ms, 1k parameters", "latency_ms": 3.0},
}
asked: list[SubTransformer] = []
kill_after = [10**9]


class ToyLoss:
    def __init__(self, supertransformer: Path, corpus: Path, **options: Any) -> None:
        assert options == {"split": "valid", "max_tokens": 512, "device": "cpu"}
        self.model = types.SimpleNamespace(architecture=SPACE.maximum)

    def __call__(self, sub: SubTransformer) -> float:
        if len(asked) == kill_after[0]:
            raise KeyboardInterrupt
        asked.append(sub)
        return 100 / (sum(sub.decoder_ffn_dims) + sub.decoder_embed_dim + 0.1 * sum(sub.encoder_ffn_dims))


@pytest.fixture
def search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Runs the command as from a shell; returns the folder of its outputs."""
    asked.clear()
    kill_after[0] = 10**9
    monkeypatch.setattr(inheriting, "InheritedLoss", ToyLoss)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch, "set_num_threads", lambda threads: None)

    (tmp_path / "super.pt").write_bytes(b"weights")
    (tmp_path / "binary").mkdir()
    (tmp_path / "binary" / "valid.de-en.de.bin").write_bytes(b"1")
    (tmp_path / "binary" / "dict.de.txt").write_bytes(b"a 1")
    write_yaml(tmp_path / "space.yaml", SPACE.to_dict() | {"ffn_ratio": 2, "head_dim": 16})
    write_json(tmp_path / "budgets.json", {"budgets": BUDGETS})
    features = engineered(torch.ones(1, 10, dtype=torch.float64), torch.tensor(SPACE.feature_maxima()))
    ridge = torch.zeros(1 + features.shape[1], dtype=torch.float64)
    ridge[1 + 5] = 3.0  # one millisecond for each decoder layer
    ridge[1 + 6] = 0.5
    Predictor(SPACE.feature_maxima(), build_mlp([10, 4, 1]), 1.0, ridge, "ridge").save(tmp_path / "predictor.pt")

    def run(output: str, **options: object) -> Path:
        arguments = {
            "task": "a-b",
            "device_name": "bench",
            "supertransformer": tmp_path / "super.pt",
            "corpus": tmp_path / "binary",
            "space": tmp_path / "space.yaml",
            "predictor": tmp_path / "predictor.pt",
            "budgets": tmp_path / "budgets.json",
            "budget": "p25",
            "iterations": 3,
            "population": 12,
            "parents": 4,
            "mutants": 4,
            "crossovers": 4,
            "max_tokens": 512,
            "rolling": tmp_path / "rolling",
            "history": tmp_path / output / "history.csv",
            "candidates": tmp_path / output / "candidates.csv",
        } | options
        line = [part for name, value in arguments.items() for part in (f"--{name.replace('_', '-')}", str(value))]
        monkeypatch.setattr(sys, "argv", ["search_subtransformer.py", *line])
        command.run(search_subtransformer.parser(), search_subtransformer.main)
        return tmp_path / output

    return run


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="") as stream:
        return list(csv.DictReader(stream))


def test_both_tables(search: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    output = search("first")
    history, candidates = rows(output / "history.csv"), rows(output / "candidates.csv")
    names, columns = ["task", "device", "budget"], ["loss", "predicted_ms", *SPACE.maximum.to_row()]
    assert list(history[0]) == [*names, "iteration", "origin", *columns]
    assert list(candidates[0]) == [*names, "rank", *columns]
    assert [candidates[0][name] for name in names] == ["a-b", "bench", "p25"]
    assert [int(row["iteration"]) for row in history] == [1] * 12 + [2] * 12 + [3] * 12
    assert [row["origin"] for row in history[12:24]] == ["parent"] * 4 + ["mutation"] * 4 + ["crossover"] * 4
    assert all(float(row["predicted_ms"]) <= 2.5 for row in history)
    assert [SubTransformer.from_row(row) for row in history if row["origin"] != "parent"] == asked
    assert [int(row["rank"]) for row in candidates] == list(range(1, 29))
    assert {SubTransformer.from_row(row) for row in candidates} == set(asked)
    assert [float(row["loss"]) for row in candidates] == sorted(float(row["loss"]) for row in candidates)
    progress = capsys.readouterr().err.splitlines()
    best = f"{float(candidates[0]['loss']):.4f}"
    assert progress[-2].startswith("a-b bench search p25: 100%  28/28 evaluations")
    assert progress[-2].endswith(f"iteration 3 of 3, best loss {best}")
    assert progress[-1] == f"a-b bench search p25: 28 SubTransformers, 28 of them scored here, best {best}"


def test_killed_and_run_again_it_writes_the_same_files(search: Callable[..., Path]) -> None:
    kill_after[0] = 17
    with pytest.raises(KeyboardInterrupt):
        search("killed")
    kill_after[0] = 10**9
    killed = search("killed")
    assert len(asked) == 28
    whole = search("whole", rolling=killed / "rolling")
    for name in ("history.csv", "candidates.csv"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()


def test_another_budget_uses_the_memo_but_another_supertransformer_or_validation_set_does_not(
    search: Callable[..., Path], tmp_path: Path
) -> None:
    search("p25")
    search("again")
    assert len(asked) == 28
    search("3ms", budget="3ms")
    assert len(set(asked)) == len(asked) < 2 * 28
    for name in ("super.pt", "binary/valid.de-en.de.bin", "binary/dict.de.txt"):
        before = len(asked)
        (tmp_path / name).write_bytes(b"others")
        search("changed")
        assert len(asked) == before + 28, name
    (tmp_path / "binary" / "train.de-en.de.bin").write_bytes(b"more training data")
    before = len(asked)
    search("trained")
    assert len(asked) == before
    assert len(list((tmp_path / "rolling").iterdir())) == 4


def test_a_budget_of_latency_and_size(search: Callable[..., Path]) -> None:
    output = search("sized", budget="3ms-60k")
    assert len(asked) == 28
    assert all(count_parameters(sub) <= 60_000 for sub in asked)
    assert rows(output / "candidates.csv")[0]["budget"] == "3ms-60k"


def test_max_evaluations(search: Callable[..., Path]) -> None:
    output = search("capped", max_evaluations=15)
    assert len(asked) == 15
    assert len(rows(output / "history.csv")) == 12 + 4 + 3


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (
            {"budget": "p26"},
            "budgets.json: unknown budget 'p26'; legal: 3ms, 3ms-1k, 3ms-60k, p25 (did you mean ",
        ),
        ({"budget": "3ms-1k"}, "budget 3ms-1k: cannot be reached; legal: at least 29920 parameters, the smallest of"),
        ({"population": 13}, "search: population = 13, but 4 parents + 4 mutants + 4 crossovers; legal: their sum"),
        ({"predictor": "absent.pt"}, "absent.pt: No such file or directory; legal: a latency predictor"),
        ({"space": "absent.yaml"}, "no space file absent.yaml; legal: a .yaml file, or one of "),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    search: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    wrong: dict[str, object],
    line: str,
) -> None:
    with pytest.raises(SystemExit) as ended:
        search("bad", **wrong)
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert line in error
    assert error.count("\n") == 1
    assert not (tmp_path / "bad").exists()
    assert not asked


def test_an_unreachable_budget(search: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_json(tmp_path / "budgets.json", {"budgets": {"1ms": {"text": "1ms", "latency_ms": 1.0}}})
    with pytest.raises(SystemExit) as ended:
        search("bad", budget="1ms")
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "error: search: no SubTransformer is predicted to run within 1 ms; "
        "legal: at least 1.3 ms, the fastest in this design space\n"
    )
    assert not (tmp_path / "bad").exists()


def test_a_supertransformer_of_another_space(
    search: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_yaml(tmp_path / "space.yaml", SPACE.to_dict() | {"encoder_ffn_dim": [64], "ffn_ratio": 2, "head_dim": 16})
    with pytest.raises(SystemExit):
        search("bad")
    assert "super.pt: not the SuperTransformer of the design space" in capsys.readouterr().err
