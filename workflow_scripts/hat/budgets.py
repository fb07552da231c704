"""Budgets: `25%` of the way from a space's fastest to its slowest model on a device, or `120ms`; and a size at most.

Which of them can be reached is told by `hat.search.limits`.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hat.errors import InputError, nearest
from hat.files import JsonFile

LEGAL = "a share of the way from the fastest to the slowest model, such as 25%, or a latency, such as 120ms or 1.2s"
LEGAL_SIZE = "parameters above 0 such as 1M, 800k or 950000, megabytes above 0 such as 5 or 0.5"
NUMBER = r"(\d{1,9}(?:\.\d{1,6})?)"
FORM = re.compile(NUMBER + r"\s*(%|ms|s)")
SIZE = re.compile(rf"{NUMBER}(?:([kM]?) (parameters)| (MB))")
SCALES = {"M": 1_000_000, "k": 1_000, "": 1}


@dataclass(frozen=True)
class Budget:
    """A budget as an experiment states it."""

    number: float
    unit: str
    """% or ms"""
    parameters: int | None = None
    """At most, without embeddings and output layer, as the paper counts."""
    megabytes: float | None = None
    """Of 10^6 bytes: those of all weights in the number format of the device, as they are shipped, at most."""

    @classmethod
    def parse(cls, entry: object) -> Budget:
        """InputError unless `entry`, or its text, is a share up to 100% or a latency in ms or s, and sizes if any."""
        text = budget_text(entry)
        latency, *parts = text.split(", ") if isinstance(text, str) else [""]
        match = FORM.fullmatch(latency.strip())
        if match is None:
            raise InputError(f"budget {text!r}", "not a budget", LEGAL)
        sizes = dict(_size(part, f"budget {text!r}") for part in parts)
        if len(sizes) < len(parts):
            raise InputError(f"budget {text!r}", "a size twice", "one of each")
        seconds = match[2] == "s"
        number = Decimal(match[1]) * (1000 if seconds else 1)
        budget = cls(float(number), "ms" if seconds else match[2], **sizes)
        if budget.unit == "%" and budget.number > 100:
            raise InputError(f"budget {text!r}", "beyond the slowest model", "at most 100%")
        return budget

    @property
    def name(self) -> str:
        """As it stands in paths and model names: p25, 120ms, p50-1M, 120ms-5MB."""
        number = _shortest(self.number)
        sizes = [
            *([] if self.parameters is None else [count_text(self.parameters)]),
            *([] if self.megabytes is None else [f"{_shortest(self.megabytes)}MB"]),
        ]
        return "-".join([f"p{number}" if self.unit == "%" else f"{number}ms", *sizes])

    @property
    def sizes(self) -> tuple[float, float]:
        """Parameters and megabytes at most; infinite where there is no limit."""
        return (
            math.inf if self.parameters is None else self.parameters,
            math.inf if self.megabytes is None else self.megabytes,
        )

    @property
    def is_sized(self) -> bool:
        """Whether it limits more than latency."""
        return self.sizes != (math.inf, math.inf)

    def latency_ms(self, fastest_ms: float, slowest_ms: float) -> float:
        return self.number if self.unit == "ms" else fastest_ms + self.number / 100 * (slowest_ms - fastest_ms)

    def within(self, other: Budget) -> bool:
        """Whether it is as narrow as `other` or narrower, in latency (of the same unit) and in each size."""
        mine, theirs = (self.number, *self.sizes), (other.number, *other.sizes)
        return self.unit == other.unit and all(one <= limit for one, limit in zip(mine, theirs, strict=True))


def budget_text(entry: object) -> Any:
    """An entry of `budgets` as people read it: `50%, 1M parameters, 5 MB`; what is no mapping stays as it is."""
    if not isinstance(entry, Mapping):
        return entry
    parts = [str(entry.get("latency"))]
    if (parameters := entry.get("parameters")) is not None:
        parts.append(f"{count_text(parameters) if type(parameters) is int else parameters} parameters")
    if (megabytes := entry.get("megabytes")) is not None:
        parts.append(f"{str(megabytes).removesuffix('.0')} MB")
    return ", ".join(parts)


def budget_name(entry: object) -> str:
    """`25%` -> `p25`, `1.2s` -> `1200ms`. InputError when `entry` is no budget."""
    return Budget.parse(entry).name


def as_stated(name: str) -> str:
    """A budget's name as people read it: `p25` -> `25%`, `120ms-5MB` -> `120ms, 5MB`."""
    return re.sub(r"^p([\d.]+)", r"\1%", name).replace("-", ", ")


def budget_ms(path: str | os.PathLike[str], name: str) -> float:
    """What `resolve` found for the budget `name`. InputError when the file does not hold it."""
    record = JsonFile(path)
    budgets = record["budgets"]
    if isinstance(budgets, dict) and name not in budgets:
        raise InputError(path, f"unknown budget {name!r}", nearest(name, budgets))
    return record.number("budgets", name, "latency_ms")


def count_text(count: int) -> str:
    """Exact and short: 1M, 1.5M, 800k, 950."""
    letter, scale = next((letter, scale) for letter, scale in SCALES.items() if count >= scale or scale == 1)
    return f"{_shortest(Decimal(count) / scale)}{letter}"


def _size(text: str, place: str) -> tuple[str, Any]:
    """`1M parameters` -> parameters, 1000000; `5 MB` -> megabytes, 5.0. InputError names `place`."""
    if match := SIZE.fullmatch(text):
        count = Decimal(match[1]) * SCALES[match[2] or ""]
        if match[4] and count > 0:
            return "megabytes", float(count)
        if match[3] and count >= 1 and count % 1 == 0:
            return "parameters", int(count)
    raise InputError(place, f"no size: {text!r}", LEGAL_SIZE)


def _shortest(number: float | Decimal) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")
