"""What a budget limits besides latency, and what budgets mean on a device.

A size is counted exactly, so that what exceeds it is never measured and never scored; a latency is predicted.
"""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hat.architecture import DesignSpace, SubTransformer
from hat.budgets import Budget
from hat.cost import STORED, count_bytes, count_parameters
from hat.errors import InputError, nearest
from hat.files import JsonFile
from hat.search.reach import Predict, fastest, latency_range


@dataclass(frozen=True)
class SizeLimit:
    """The sizes of a budget, and what its megabytes depend on besides the architecture."""

    budget: Budget
    dtype: str = "float32"
    """Number format in which megabytes count."""
    vocabularies: tuple[int, ...] = ()
    """One for both languages, or source and target."""

    def __post_init__(self) -> None:
        if self.budget.megabytes is not None and not (self.vocabularies and self.dtype in STORED):
            told = f"megabytes in {self.dtype} with vocabularies {[*self.vocabularies]}"
            raise InputError(f"budget {self.budget.name}", told, f"{' or '.join(STORED)}, and a binarised corpus")

    @classmethod
    def load(cls, path: str | os.PathLike[str], name: str) -> SizeLimit:
        """That of the budget `name`, by what `resolve` found."""
        record = JsonFile(path)
        budget = Budget.parse(record["budgets", name, "text"])
        if budget.megabytes is None:
            return cls(budget)
        return cls(budget, record["budgets", name, "dtype"], tuple(record["budgets", name, "vocabularies"]))

    def to_dict(self) -> dict[str, Any]:
        """What `load` reads besides the budget's text."""
        return {"dtype": self.dtype, "vocabularies": [*self.vocabularies]} if self.budget.megabytes else {}

    def sizes(self, sub: SubTransformer) -> tuple[int, float]:
        """Parameters and megabytes of a model; 0 megabytes where the budget does not limit them."""
        limited = self.budget.megabytes is not None
        return count_parameters(sub), count_bytes(sub, self.dtype, self.vocabularies) / 1e6 if limited else 0.0

    def kept_by(self, sub: SubTransformer) -> bool:
        return all(size <= limit for size, limit in zip(self.sizes(sub), self.budget.sizes, strict=True))

    def check(self, space: DesignSpace, place: str) -> None:
        """InputError, which names the smallest size, when no model of the space keeps it."""
        if self.kept_by(space.smallest):
            return
        parameters, megabytes = self.sizes(space.smallest)
        smallest = [
            *([f"{parameters} parameters"] if self.budget.parameters else []),
            *([f"{math.ceil(1000 * megabytes) / 1000} megabytes"] if self.budget.megabytes else []),
        ]
        raise InputError(place, "cannot be reached", f"at least {' and '.join(smallest)}, the smallest of this space")

    def applied(self, predict: Predict) -> Predict:
        """`predict`, asked for what keeps the limit alone; the latency of all else is infinite."""

        def limited(subs: Sequence[SubTransformer]) -> Iterator[float]:
            keeping = [self.kept_by(sub) for sub in subs]
            asked = list(itertools.compress(subs, keeping))
            found: Iterator[float] = iter(predict(asked) if asked else ())
            return (next(found) if kept else math.inf for kept in keeping)

        return limited


def resolve(
    texts: Sequence[str],
    name: str,
    space: DesignSpace,
    predict: Predict,
    rmse_ms: float,
    *,
    dtype: str = "float32",
    vocabularies: Sequence[int] = (),
) -> dict[str, Any]:
    """Latency and size of the budget `name`, one of those of a device, and the range of latencies it was taken from.

    InputError when nothing in the space keeps it; it names the least latency or size. And when two budgets of equal
    sizes are closer than `rmse_ms`, the predictor's test error: their searches would be told apart by noise.
    """
    found = latency_range(space, predict)
    budgets = {text: Budget.parse(text) for text in texts}
    latencies = {text: budget.latency_ms(found.fastest_ms, found.slowest_ms) for text, budget in budgets.items()}
    for first, second in itertools.pairwise(sorted(texts, key=lambda text: (budgets[text].sizes, latencies[text]))):
        alike = budgets[first].sizes == budgets[second].sizes
        if alike and latencies[second] - latencies[first] < rmse_ms:
            told = f"{latencies[first]:.4g} and {latencies[second]:.4g} ms cannot be told apart by predictions"
            raise InputError(f"budgets {first} and {second}", told, f"budgets at least {rmse_ms:.4g} ms apart")
    by_name = {budget.name: text for text, budget in budgets.items()}
    if name not in by_name:
        raise InputError("--budget", f"unknown budget {name!r}", nearest(name, by_name))
    text = by_name[name]
    limit = SizeLimit(budgets[text], dtype, tuple(vocabularies))
    limit.check(space, f"budget {text}")
    fastest_ms = fastest(space, limit.applied(predict))[0] if budgets[text].is_sized else found.fastest_ms
    if latencies[text] < fastest_ms:
        sized = " within that size" if budgets[text].is_sized else ""
        legal = f"at least {fastest_ms:.4g}ms, the fastest reachable latency of this space on this device{sized}"
        raise InputError(f"budget {text}", "cannot be reached", legal)
    return {
        "fastest_ms": found.fastest_ms,
        "slowest_ms": found.slowest_ms,
        "budgets": {name: {"text": text, "latency_ms": latencies[text], **limit.to_dict()}},
    }
