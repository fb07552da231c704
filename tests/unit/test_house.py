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
RULES = {
    name: (parent, body)
    for path in (ROOT / "rules").glob("*.smk")
    for parent, heir, rule, body in re.findall(
        r"^(?:use rule (\w+) as (\w+) with|rule (\w+)):\n((?:    .*\n|\n)+)", path.read_text(), flags=re.MULTILINE
    )
    for name in [heir or rule]
}
COMMANDS = {name for name, (parent, body) in RULES.items() if parent or "shell:" in body}
RUN_BY_HAND = {
    "accept_results",
    "benchmark_decoding",
    "benchmark_workflow",
    "check_gpu",
    "compare_engines",
    "compare_models",
    "compile_environments",
    "describe_space",
    "make_rehearsal",
    "pack_device",
    "pack_translator",
    "translate",
}
PRINTS_EACH_TIME = {"budget", "make_report", "record_provenance", "verify"}
"""Snakemake runs a rule that has a file to make only until the file is there."""
MAKES = ("benchmark:", "output:")
DIRECTIVES = ("log:", "benchmark:", "conda:", "params:", "output:")


def whole(rule: str) -> str:
    """What stands in a rule, and in the rule that it takes the rest from."""
    parent, body = RULES[rule]
    return body + (RULES[parent][1] if parent else "")


def shell(rule: str) -> str:
    return whole(rule).partition("shell:")[2]


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
    assert {path.stem for path in SCRIPTS.glob("*.py")} == {*COMMANDS, *RUN_BY_HAND}


@pytest.mark.parametrize("command", sorted(path.stem for path in SCRIPTS.glob("*.py")))
def test_a_command_imports_no_command_and_tells_its_options(command: str) -> None:
    text = (SCRIPTS / f"{command}.py").read_text()
    assert "def main(args" in text
    assert "def parser()" in text
    imported = set(re.findall(r"^(?:from|import) (\w+)", text, flags=re.MULTILINE))
    assert not imported & {path.stem for path in SCRIPTS.glob("*.py")}


@pytest.mark.parametrize("rule", sorted(COMMANDS))
def test_a_rule_has_every_part_and_runs_its_own_command(rule: str) -> None:
    body = RULES[rule][1]
    assert {part for part in DIRECTIVES if part not in whole(rule)} == {*(MAKES if rule in PRINTS_EACH_TIME else ())}
    assert f'code("{rule}"' in body
    assert f'command=command("{rule}")' in body
    assert f"logs/{rule}/" in body
    assert f"benchmarks/{rule}/" in body or rule in PRINTS_EACH_TIME
    assert "2>&1 | tee {log:q}" in whole(rule)


@pytest.mark.parametrize("rule", sorted(COMMANDS))
def test_a_rule_gives_its_command_every_argument_it_needs(rule: str) -> None:
    parser: argparse.ArgumentParser = importlib.import_module(rule).parser()
    known = {flag: action for action in parser._actions for flag in action.option_strings}
    given = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", RULES[rule][1] + shell(rule)))
    assert given <= set(known), f"{rule} does not know {sorted(given - set(known))}"
    assert {flag for flag, action in known.items() if action.required} <= given


def test_one_place_knows_where_artifacts_lie() -> None:
    """No rule and no command spells a path below results/, or reads what a file belongs to out of its folders."""
    sources = [*(ROOT / "rules").glob("*.smk"), *SCRIPTS.rglob("*.py")]
    for path in sources:
        if path.name != "paths.py":
            text = path.read_text()
            assert not re.findall(r"[\"']results/", text), path
            assert "folder.name for folder in" not in text, path


@pytest.mark.parametrize(
    ("package", "rooms"),
    [("pandas", {"frames.py", "predictor", "paper"}), ("sklearn", {"predictor"}), ("matplotlib", {"paper"})],
)
def test_a_package_is_used_where_it_belongs(package: str, rooms: set[str]) -> None:
    users = [
        path.relative_to(SCRIPTS / "hat").parts[0]
        for path in (SCRIPTS / "hat").rglob("*.py")
        if re.search(rf"^(?:from|import) {package}\b", path.read_text(), flags=re.MULTILINE)
    ]
    assert set(users) == rooms


def test_the_house_keeps_its_size() -> None:
    def lines(*patterns: str) -> int:
        return sum(len(path.read_text().splitlines()) for pattern in patterns for path in ROOT.glob(pattern))

    assert lines("rules/*.smk", "Snakefile") <= 2340
    assert lines("rules/common.smk") <= 154
    assert lines("workflow_scripts/hat/paper/**/*.py") <= 2230


def test_no_command_hides_a_module_of_python() -> None:
    assert not {path.stem for path in SCRIPTS.glob("*.py")} & sys.stdlib_module_names


def test_modules_are_short() -> None:
    modules = [*SCRIPTS.rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    assert not {path.name: n for path in modules if (n := len(path.read_text().splitlines())) > 400}
