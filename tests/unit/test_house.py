"""The house rules: format, types, who imports whom, and one command for each rule."""

from __future__ import annotations

import argparse
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "workflow_scripts"
RULES = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
COMMANDS = {
    rule: body
    for rule, body in re.findall(r"^rule (\w+):\n((?:    .*\n|\n)+)", RULES, flags=re.MULTILINE)
    if "shell:" in body
}
MODULES = {
    "command",
    "code_hash",
    "configuration",
    "experiment",
    "fetching",
    "inheriting",
    "models",
    "searching",
    "timing",
}
RUN_BY_HAND = {"benchmark_workflow"}
PRINTS_EACH_TIME = {"budget"}
"""Snakemake runs a rule that has a file to make only until the file is there."""
MAKES = ("benchmark:", "output:")
DIRECTIVES = ("log:", "benchmark:", "conda:", "threads:", "mem_mb=", "runtime=", "gpu=", "params:", "output:")


@pytest.mark.parametrize(
    "words",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["snakefmt", "--check", "Snakefile", "rules"],
        ["lint-imports"],
        ["snakemake", "--lint"],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_tools_are_content(words: list[str]) -> None:
    scripts = str(Path(sys.executable).parent)
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS), "PATH": os.pathsep.join([scripts, os.environ["PATH"]])}
    run = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_rule_has_its_command_and_every_command_its_rule() -> None:
    assert {path.stem for path in SCRIPTS.glob("*.py")} == {*COMMANDS, *MODULES, *RUN_BY_HAND}


@pytest.mark.parametrize("rule", COMMANDS)
def test_a_rule_has_every_part_and_runs_its_own_command(rule: str) -> None:
    body = COMMANDS[rule]
    assert {part for part in DIRECTIVES if part not in body} == {*(MAKES if rule in PRINTS_EACH_TIME else ())}
    assert f'code=code("{rule}")' in body
    assert f'command=command("{rule}")' in body
    assert f"logs/{rule}/" in body
    assert f"benchmarks/{rule}/" in body or rule in PRINTS_EACH_TIME
    assert "2>&1 | tee {log:q}" in body


@pytest.mark.parametrize("rule", COMMANDS)
def test_a_rule_gives_its_command_every_argument_it_needs(rule: str) -> None:
    parser: argparse.ArgumentParser = importlib.import_module(rule).parser()
    known = {flag: action for action in parser._actions for flag in action.option_strings}
    given = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", COMMANDS[rule]))
    assert given <= set(known), f"{rule} does not know {sorted(given - set(known))}"
    assert {flag for flag, action in known.items() if action.required} <= given


def test_no_command_hides_a_module_of_python() -> None:
    assert not {path.stem for path in SCRIPTS.glob("*.py")} & sys.stdlib_module_names


def test_modules_are_short() -> None:
    modules = [*SCRIPTS.rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    assert not {path.name: n for path in modules if (n := len(path.read_text().splitlines())) > 400}
