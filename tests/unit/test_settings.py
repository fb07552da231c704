"""Configuration files: every one loads, every key is described, and a bad one says in one line what is legal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from hat.errors import InputError
from hat_workflow import settings
from hat_workflow.settings import Kind

KINDS = get_args(Kind)


def test_another_spelling_of_a_path_is_the_same_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my").mkdir()
    plain = "source: de\ntarget: en\ntrain: my/train\nvalid: my/valid\ntest: https://x.org//a\nbpe: 90\n"
    other = plain.replace("my/train", "./my//train").replace("my/valid", f"{tmp_path}/my/valid")
    (tmp_path / "one.yaml").write_text(plain)
    (tmp_path / "my" / "two.yaml").write_text(other)
    assert settings.load("corpus", "one.yaml") == settings.load("corpus", f"{tmp_path}/my/../my/two.yaml")
    for spelling in ("one.yaml", "./one.yaml", f"{tmp_path}/one.yaml", "my/../one.yaml"):
        assert settings.find("corpus", spelling) == Path("one.yaml")


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in KINDS for name in settings.names(kind)])
def test_every_configuration_loads(kind: Kind, name: str) -> None:
    assert settings.load(kind, name) == settings.load(kind, settings.find(kind, name))


@pytest.mark.parametrize("name", settings.names("space"))
def test_every_space_is_a_design_space(name: str) -> None:
    assert settings.design_space(name).maximum in settings.design_space(name)


def keys_of(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for key, rule in schema.get("properties", {}).items():
        yield f"{path}{key}", rule
        yield from keys_of(rule, f"{path}{key} > ")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from keys_of(schema["additionalProperties"], f"{path}... > ")


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_has_a_description_and_a_default(kind: Kind) -> None:
    schema = settings.schema(kind)
    found = dict(keys_of(schema))
    needed = {f"{path} > {key}" for path, rule in found.items() for key in rule.get("required", [])}
    assert found
    assert schema["additionalProperties"] is False
    for key, rule in found.items():
        assert rule.get("description"), key
        nested = key.rsplit(" > ", 1)[-1]
        required = key in needed or nested in schema.get("required", []) or nested in rule.get("required", [])
        assert "default" in rule or required or "url" in key, key


def test_defaults_of_an_experiment_are_the_papers(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("tasks: {demo.de-en: {}}\n")
    experiment = settings.load("experiment", path)
    task = experiment["tasks"]["demo.de-en"]
    assert experiment["experiment"] == "mine"
    assert task["latency"]["samples"] == 2000
    assert task["measurement"]["runs"] == 300
    assert task["search"] == {
        "iterations": 30,
        "population": 125,
        "parents": 25,
        "mutants": 50,
        "crossovers": 50,
        "mutation": 0.3,
        "max_evaluations": None,
        "max_tokens": 4096,
    }


def test_a_number_in_short_scientific_notation_is_a_number(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("subtransformer: {lr: 2e-3}\n")
    assert settings.load("training", path)["subtransformer"]["lr"] == 0.002


@pytest.mark.parametrize(
    ("kind", "text", "line"),
    [
        ("experiment", "sead: 1", "unknown key 'sead'; legal: experiment, seed, tasks (did you mean 'seed'?)"),
        ("experiment", "seed: one", "seed: 'one'; legal: a whole number, at least 0"),
        ("experiment", "seed: 1.0", "seed: 1.0; legal: a whole number"),
        ("experiment", "seed: true", "seed: True; legal: a whole number"),
        (
            "experiment",
            "tasks: {a.b: {search: {iteration: 3}}}",
            "tasks > a.b > search: unknown key 'iteration'; legal: crossovers",
        ),
        (
            "experiment",
            "tasks: {a: {devices: {d: {budgets: [0.25]}}}}",
            "budgets > 0: 0.25; legal: text or keys with values (a share",
        ),
        ("experiment", "tasks: {a: {search: {mutation: 0}}}", "mutation: 0; legal: a finite number, greater than 0"),
        ("experiment", "tasks: {a: {devices: {d: {budgets: [5%, 5%]}}}}", "all different"),
        ("experiment", "tasks: {}", "keys at least 1"),
        ("experiment", "tasks: {a/b: {}}", "'a/b'; legal: a task name"),
        ("experiment", "- seed", "legal: keys with values"),
        (
            "training",
            "subtransformer: {schedule: cosin}",
            "'cosin'; legal: cosine, inverse_sqrt (did you mean 'cosine'?)",
        ),
        ("training", "subtransformer: {dropout: 1}", "less than 1"),
        ("training", "subtransformer: {lr: fast}", "'fast'; legal: a finite number, greater than 0"),
        ("training", "subtransformer: {lr: nan}", "lr: nan; legal: a finite number"),
        ("training", "supertransformer: {clip_norm: .inf}", "clip_norm: inf; legal: a finite number"),
        ("experiment", "tasks: {a: {generation: {length_penalty: -inf}}}", "length_penalty: -inf; legal: a finite"),
        ("space", "decoder_layers: 3", "decoder_layers: 3; legal: a list"),
        ("space", "decoder_layers: []", "entries at least 1"),
        ("corpus", "source: de", "'target' is a required property"),
        ("experiment", "seed: [", "line"),
    ],
)
def test_bad_input_is_one_line(kind: Kind, text: str, line: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text + "\n")
    with pytest.raises(InputError) as raised:
        settings.load(kind, path)
    message = str(raised.value)
    assert message.startswith(f"{path}: ")
    assert line in message
    assert "\n" not in message


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("{sead: 1, seed: one, tasks: {a: {search: {mutation: 0, iteration: 3}}}}\n")
    with pytest.raises(InputError) as raised:
        settings.load("experiment", path)
    faults = str(raised.value).splitlines()
    assert len(faults) == 4
    assert all(fault.startswith(f"{path}: ") for fault in faults)


def test_an_unknown_name_lists_what_exists() -> None:
    with pytest.raises(InputError, match=r"config/spaces/smal\.yaml: unknown space 'smal'.*did you mean 'small'\?"):
        settings.load("space", "smal")
    with pytest.raises(InputError, match=r"no space file spaces/mine\.yaml.*demo, small"):
        settings.load("space", "spaces/mine.yaml")


def test_a_place_that_named_the_file_is_told() -> None:
    with pytest.raises(InputError, match="my experiment: unknown device"):
        settings.find("device", "this-cup", "my experiment")


def test_a_contradictory_space_names_its_file(tmp_path: Path) -> None:
    path = tmp_path / "space.yaml"
    path.write_text("qkv_dim: 60\n")
    with pytest.raises(InputError, match=r"space\.yaml: .*not divisible by 8 heads"):
        settings.design_space(path)


def rows_of(kind: Kind) -> Iterator[str]:
    """The rows of a kind's table in the manual; the two sections of a training recipe share theirs."""
    keys: dict[str, list[dict[str, Any]]] = {}
    for key, rule in keys_of(settings.schema(kind)):
        keys.setdefault(re.sub(r"^(super|sub)transformer > ", "... > ", key), []).append(rule)
    for key, rules in keys.items():
        defaults = dict.fromkeys(f"`{json.dumps(rule['default'])}`" for rule in rules if "default" in rule)
        (description,) = {rule["description"].strip() for rule in rules}
        yield f"| `{key}` | {', '.join(defaults) or 'needed'} | {description} |"


def test_the_manual_tells_every_key_as_its_schema_does() -> None:
    manual = (settings.CONFIG / "README.md").read_text()
    told = re.findall(r"^\| `.*\|$", manual, flags=re.MULTILINE)
    assert sorted(told) == sorted(row for kind in KINDS for row in rows_of(kind))


def test_a_section_of_a_recipe_has_its_own_defaults(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("subtransformer: {lr: 1}\n")
    recipe = settings.load("training", path)
    assert recipe["supertransformer"] == recipe["subtransformer"] | {"lr": 0.001, "warmup_updates": 10000}
