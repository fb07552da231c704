"""The paper room: one entry for each exhibit, none that another rests on, captions, and who knows prices."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path
from types import SimpleNamespace

import jinja2
import pytest
from hat.paper.gathered import COLUMNS, KINDS
from hat.paper.published.files import FOLDER

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


def test_there_are_the_papers_tables_and_figures_and_the_studies() -> None:
    tables = {f"table{number}" for number in range(1, 9)} | {
        "distillation",
        "menu",
        "online",
        "predictors",
        "few_samples",
    }
    figures = {f"figure{number}" for number in (2, *range(6, 13))} | {
        "insights",
        "learning_curves",
        "pareto",
        "stand_in",
        "transfer",
    }
    assert {name for name, entry in EXHIBITS.items() if entry == "table"} == tables
    assert {name for name, entry in EXHIBITS.items() if entry == "draw"} == figures


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
    text = (ROOT / "report" / f"{ENTRIES[EXHIBITS[name]]}.rst").read_text()
    template = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=True).from_string(text)
    caption = template.render(snakemake=SimpleNamespace(wildcards=SimpleNamespace(exhibit=name)))
    number = re.sub(r"(table|figure)(\d+)", lambda found: f"{found[1].capitalize()} {found[2]}. ", name)
    assert caption.startswith(number if number != name else "")
    assert len(caption) > 60


def test_columns_are_documented_once_and_each_row_names_its_place() -> None:
    assert len({(row["kind"], row["column"]) for row in COLUMNS}) == len(COLUMNS)
    assert {row["type"] for row in COLUMNS} == {"text", "number", "count", "flag"}
    assert all(list(columns)[:2] == ["task", "device"] for columns in KINDS.values())


def test_printed_numbers_are_called_as_ours_are() -> None:
    for path in FOLDER.glob("table[1-7].csv"):
        header = path.read_text().splitlines()[0].split(",")
        assert header[:3] == ["task", "device", "model"]
