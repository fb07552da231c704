"""Whether a configuration keeps its schema; if not, each fault in one line. Checking changes nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from hat.errors import Faults, InputError, nearest
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match
from jsonschema.validators import extend

NUMBERS = Draft202012Validator.TYPE_CHECKER.redefine_many(
    {
        "integer": lambda _, value: type(value) is int,
        "number": lambda _, value: type(value) in (int, float) and abs(value) < math.inf,  # nan is not less
    }
)


def _whole(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    """The `$` of a pattern is the end of the text; Python's also stands before a last newline."""
    if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


Validator = extend(Draft202012Validator, {"pattern": _whole}, type_checker=NUMBERS)


def check(record: Any, rule: dict[str, Any], place: str) -> None:
    """InputError unless `record`, which stands in the file `place`, keeps the schema `rule`; it names every fault."""
    faults = Faults()
    for problem in sorted(Validator(rule).iter_errors(record), key=lambda problem: [*map(str, problem.path)]):
        faults.add(*_errors(best_match([problem]) or problem, place))
    faults.tell()


def _errors(problem: ValidationError, place: str) -> Iterator[InputError]:
    """A fault in one line: file, key path, value, what is legal. Each unknown key is a fault of its own."""
    rule = problem.schema if isinstance(problem.schema, dict) else {}
    where = " > ".join(map(str, problem.absolute_path))
    prefix = f"{where}: " if where else ""
    if problem.validator == "additionalProperties" and isinstance(problem.instance, dict):
        known = rule.get("properties", {})
        for unknown in (key for key in problem.instance if key not in known):
            yield InputError(place, f"{prefix}unknown key {unknown!r}", nearest(str(unknown), known))
    elif problem.validator == "required":
        yield InputError(place, f"{prefix}{problem.message}", ", ".join(rule.get("properties", {})))
    elif problem.validator == "enum" and isinstance(problem.instance, str):
        yield InputError(place, f"{prefix}{problem.instance!r}", nearest(problem.instance, map(str, rule["enum"])))
    else:
        yield InputError(place, f"{prefix}{problem.instance!r}", _legal(rule))


def _legal(rule: dict[str, Any]) -> str:
    """What a rule of a schema allows, in words."""
    values = ", ".join(_legal_values(rule))
    described = rule.get("description") or f"matching {rule.get('pattern', 'the schema')}"
    return f"{values} ({described})" if values else described


def _legal_values(rule: dict[str, Any]) -> Iterator[str]:
    if "enum" in rule:
        yield ", ".join(map(str, rule["enum"]))
    if "pattern" not in rule and types_of(rule):
        yield " or ".join(TYPES[name] for name in types_of(rule))
    yield from (f"{words} {rule[key]}" for key, words in BOUNDS.items() if key in rule)


def types_of(rule: dict[str, Any]) -> list[str]:
    """The types that a rule of a schema allows, if it names any."""
    types = rule.get("type", [])
    return [types] if isinstance(types, str) else list(types)


TYPES = {
    "object": "keys with values",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a finite number",
    "boolean": "true or false",
    "null": "null",
}
BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "greater than",
    "maximum": "at most",
    "exclusiveMaximum": "less than",
    "minItems": "entries at least",
    "minProperties": "keys at least",
    "minLength": "characters at least",
    "uniqueItems": "all different:",
}
