"""Configuration files: found by name, checked strictly against their schema, defaults filled in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from hat.architecture import DesignSpace
from hat.errors import InputError, nearest
from hat.files import read_yaml

from hat_workflow.checks import check, types_of

Kind = Literal["experiment", "corpus", "space", "training", "device"]
Named = Kind | Literal["architecture"]
"""What is found by name; an architecture file has no schema but a class of its own."""

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "config"
FOLDERS: dict[Named, Path] = {
    "experiment": CONFIG,
    "corpus": CONFIG / "corpora",
    "space": CONFIG / "spaces",
    "training": CONFIG / "training",
    "device": CONFIG / "devices",
    "architecture": CONFIG / "architectures",
}
GENES = (*DesignSpace.choice_names(), "qkv_dim")
"""The keys of a space file that a DesignSpace knows; the others are about baselines."""
SOURCES = ("source", "target", "train", "valid", "test", "tests", "references", "binarised")
"""The keys of a corpus file that say where its text comes from."""

SHORTER = 4
"""Fine-tuning takes the paper a quarter of the updates of a training from scratch (Table 6)."""


def load(kind: Kind, name: str | os.PathLike[str]) -> dict[str, Any]:
    """The configuration `name` of this kind: complete, every key legal. InputError otherwise, a line for each fault.

    `name` is a file name without `.yaml` in the folder of its kind, or the path of a `.yaml` file.
    """
    path = find(kind, name)
    rule = schema(kind)
    record = _filled(read_yaml(path) or {}, rule)
    check(record, rule, shown(path))
    if kind == "experiment" and record["experiment"] is None:
        record["experiment"] = path.stem
    if kind == "corpus":
        record |= {key: plain(record[key]) for key in SOURCES}
    return cast(dict[str, Any], record)


def design_space(name: str | os.PathLike[str]) -> DesignSpace:
    """The design space of a space file, without what the file says about baselines."""
    return as_design_space(load("space", name), shown(find("space", name)))


def as_design_space(record: Mapping[str, Any], place: str) -> DesignSpace:
    """The design space of a space file's contents. InputError names `place` when it contradicts itself."""
    return DesignSpace.from_dict({gene: record[gene] for gene in GENES}, place)


def recipe(name: str | os.PathLike[str], section: str) -> dict[str, Any]:
    """A section of a training file. That for fine-tuning is the SubTransformers' with what it says otherwise."""
    sections = load("training", name)
    if section != "finetuning":
        return cast(dict[str, Any], sections[section])
    scratch, changed = sections["subtransformer"], sections[section]
    shorter = {key: -(-scratch[key] // SHORTER) for key in ("updates", "warmup_updates")}
    return scratch | shorter | {key: value for key, value in changed.items() if value is not None}


def find(kind: Named, name: str | os.PathLike[str], place: str | None = None) -> Path:
    """The file of a configuration. A relative path starts at the working directory or the repository.

    InputError when there is none; it names `place`, where the name was given, if that is known.
    """
    text = os.fspath(name)
    if text.endswith((".yaml", ".yml")) or os.sep in text:
        for path in (Path(text), ROOT / text):
            if _is_file(path):
                return Path(plain(str(path)))
        raise InputError(
            place or "command line", f"no {kind} file {text}", f"a .yaml file, or one of {', '.join(names(kind))}"
        )
    path = FOLDERS[kind] / f"{text}.yaml"
    if not _is_file(path):
        raise InputError(place or shown(path), f"unknown {kind} {text!r}", nearest(text, names(kind)))
    return path


def plain(value: Any) -> Any:
    """A setting with every path below the working directory in its shortest spelling: another one changes nothing."""
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if not isinstance(value, str) or "://" in value or os.sep not in value:
        return value
    short = Path(os.path.normpath(value))
    return str(short.relative_to(Path.cwd()) if short.is_relative_to(Path.cwd()) else short)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long for the system
        return False


def names(kind: Named) -> list[str]:
    """The names that `find` knows of this kind."""
    return sorted(path.stem for path in FOLDERS[kind].glob("*.yaml"))


@cache
def schema(kind: Kind) -> dict[str, Any]:
    """The JSON schema of this kind: each key with its description and default."""
    found = read_yaml(CONFIG / "schemas" / f"{kind}.schema.yaml")
    return cast(dict[str, Any], _resolved(found, found.get("$defs", {})))


def shown(path: Path) -> str:
    """A path as people know it: inside the repository relative to it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def _resolved(rule: Any, parts: dict[str, Any]) -> Any:
    """The schema with each `$ref: "#/$defs/..."` replaced by the part it names; what stands beside it wins."""
    if isinstance(rule, list):
        return [_resolved(part, parts) for part in rule]
    if not isinstance(rule, dict):
        return rule
    named = parts[rule["$ref"].rsplit("/", 1)[-1]] if "$ref" in rule else {}
    return {key: _resolved(part, parts) for key, part in _over(named, rule).items() if key not in ("$ref", "$defs")}


def _over(named: Any, own: Any) -> Any:
    """`own` laid over `named`, key by key."""
    if not (isinstance(named, dict) and isinstance(own, dict)):
        return own
    return named | {key: _over(named.get(key), part) for key, part in own.items()}


def _filled(value: Any, rule: dict[str, Any]) -> Any:
    """`value` with the defaults of its schema; `2e-3`, which YAML 1.1 takes for text, as the number it is."""
    if isinstance(value, dict):
        known = rule.get("properties", {})
        others = rule.get("additionalProperties") or {}
        filled = {key: _filled(part, known.get(key, others)) for key, part in value.items()}
        absent = {key: part["default"] for key, part in known.items() if key not in value and "default" in part}
        return filled | {key: _filled(default, known[key]) for key, default in absent.items()}
    if isinstance(value, list):
        return [_filled(part, rule.get("items", {})) for part in value]
    if isinstance(value, str) and "number" in types_of(rule) and "string" not in types_of(rule):
        try:
            return float(value)
        except ValueError:
            return value
    return value
