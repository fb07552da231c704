"""Latency budgets: `25%` of the way from a space's fastest to its slowest model on a device, or `120ms`.

Which of them can be reached is told by `hat.search.reach`.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from hat.errors import InputError, nearest
from hat.files import JsonFile

LEGAL = "a share of the way from the fastest to the slowest model, such as 25%, or a latency, such as 120ms"
FORM = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(%|ms)")


@dataclass(frozen=True)
class Budget:
    """A budget as an experiment states it."""

    number: float
    unit: str
    """% or ms"""

    @classmethod
    def parse(cls, text: object) -> Budget:
        """InputError unless `text` is a share up to 100%, or a latency in ms."""
        match = FORM.fullmatch(text.strip()) if isinstance(text, str) else None
        if match is None:
            raise InputError(f"budget {text!r}", "not a budget", LEGAL)
        budget = cls(float(match[1]), match[2])
        if budget.unit == "%" and budget.number > 100:
            raise InputError(f"budget {text!r}", "beyond the slowest model", "at most 100%")
        return budget

    @property
    def name(self) -> str:
        """As it stands in paths and model names: p25, 120ms."""
        number = f"{self.number:.6f}".rstrip("0").rstrip(".")
        return f"p{number}" if self.unit == "%" else f"{number}ms"

    def latency_ms(self, fastest_ms: float, slowest_ms: float) -> float:
        return self.number if self.unit == "ms" else fastest_ms + self.number / 100 * (slowest_ms - fastest_ms)


def budget_name(text: object) -> str:
    """`25%` -> `p25`, `120ms` -> `120ms`. InputError when `text` is no budget."""
    return Budget.parse(text).name


def budget_ms(path: str | os.PathLike[str], name: str) -> float:
    """What `resolve` found for the budget `name`. InputError when the file does not hold it."""
    record = JsonFile(path)
    budgets = record["budgets"]
    if isinstance(budgets, dict) and name not in budgets:
        raise InputError(path, f"unknown budget {name!r}", nearest(name, budgets))
    return record.number("budgets", name, "latency_ms")
