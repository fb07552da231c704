"""The paper room: one entry for each exhibit, none that another rests on, captions, and who knows prices."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest
from hat.paper.gathered import COLUMNS, KINDS
from hat.paper.published.files import FOLDER
from hat_workflow.studies import FIGURES, TABLES

ROOT = Path(__file__).resolve().parents[2]
ROOM = ROOT / "workflow_scripts" / "hat" / "paper"
ENTRIES = {"table": "make_table", "draw": "draw_figure"}


def public_functions(path: Path) -> set[str]:
    return {node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}


EXHIBITS = {
    path.stem: entry
    for path in sorted(ROOM.glob("*.py"))
    for entry in ENTRIES
    if path.stem != "results" and entry in public_functions(path)
}


def imported(path: Path) -> set[str]:
    """The modules of the library that a file imports."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    return {node.module for node in nodes if node.module and node.module.startswith("hat.")}


def test_every_exhibit_is_declared_by_a_study() -> None:
    assert {name for name, entry in EXHIBITS.items() if entry == "table"} == set(TABLES)
    assert {name for name, entry in EXHIBITS.items() if entry == "draw"} == set(FIGURES)


@pytest.mark.parametrize("name", EXHIBITS)
def test_an_exhibit_has_one_entry_and_rests_on_no_other(name: str) -> None:
    path = ROOM / f"{name}.py"
    assert len(public_functions(path) & set(ENTRIES)) == 1
    assert not imported(path) & {f"hat.paper.{other}" for other in EXHIBITS}
    assert callable(getattr(importlib.import_module(f"hat.paper.{name}"), EXHIBITS[name]))


def test_only_gathering_knows_prices() -> None:
    users = {path.stem for path in ROOM.rglob("*.py") if "hat.footprint" in imported(path)}
    assert users == {"results"}
    assert not [path.stem for path in ROOM.rglob("*.py") if "hat.paper.results" in imported(path)]


@pytest.mark.parametrize("name", EXHIBITS)
def test_an_exhibit_has_a_caption(name: str) -> None:
    assert (ROOT / "report" / f"{name}.rst").read_text().strip()


def test_columns_are_documented_once_and_each_row_names_its_place() -> None:
    assert len({(row["kind"], row["column"]) for row in COLUMNS}) == len(COLUMNS)
    assert {row["type"] for row in COLUMNS} == {"text", "number", "count", "flag"}
    assert {tuple(columns)[:2] for columns in KINDS.values()} == {("task", "device"), ("task", "model")}


def test_printed_numbers_are_called_as_ours_are() -> None:
    for path in FOLDER.glob("table[1-7].csv"):
        header = path.read_text().splitlines()[0].split(",")
        assert header[:3] == ["task", "device", "model"]
