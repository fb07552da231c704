"""Samples: the SubTransformers whose latency is measured, and the CSV file that holds them with their latencies."""

from __future__ import annotations

import math
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from hat.architecture import DesignSpace, SubTransformer
from hat.errors import InputError
from hat.files import read_csv, write_csv
from hat.latency.signature import NUMBERS

PATIENCE = 10_000
POSITIVE = ("latency_ms", "anchor_ms", "drift", "runs")


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One measured SubTransformer: a row of samples.csv."""

    sub: SubTransformer
    numbers: dict[str, float]
    """See `hat.latency.signature.NUMBERS`."""
    order: int
    """Place in the series of measurements of its shard."""

    @property
    def latency_ms(self) -> float:
        return self.numbers["latency_ms"]

    def to_row(self) -> dict[str, str]:
        numbers = {name: f"{value:.0f}" if name == "runs" else f"{value:.6f}" for name, value in self.numbers.items()}
        return {**self.sub.to_row(), **numbers, "order": str(self.order)}

    @classmethod
    def from_row(cls, row: dict[str, str], place: str) -> Self:
        sub = SubTransformer.from_row(row, place)
        try:
            numbers = {name: float(row[name]) for name in NUMBERS}
            sample = cls(sub=sub, numbers=numbers, order=int(row["order"]))
        except KeyError as error:
            raise InputError(place, f"missing column {error}", ", ".join((*NUMBERS, "order"))) from None
        except (TypeError, ValueError) as error:
            raise InputError(place, str(error), "numbers") from None
        for name, value in numbers.items():
            if not 0 <= value < math.inf or (value == 0 and name in POSITIVE):
                raise InputError(place, f"{name}: {value}", "a positive number" if name in POSITIVE else "0 or more")
        return sample


def draw_samples(space: DesignSpace, seed: int, count: int) -> list[SubTransformer]:
    """`count` distinct SubTransformers; the first n are the same whatever `count` is.

    InputError when the space does not have that many, or hides the rest too well for random drawing.
    """
    known: dict[SubTransformer, None] = {}
    for index in range(count):
        rng = random.Random(f"{seed}:{index}")
        fresh = next((sub for _ in range(PATIENCE) if (sub := space.sample(rng)) not in known), None)
        if fresh is None:
            legal = f"at most {index} of its {space.count_architectures()} architectures"
            raise InputError("samples", f"the design space does not yield {count} distinct SubTransformers", legal)
        known[fresh] = None
    return list(known)


def write_samples(path: str | os.PathLike[str], samples: Sequence[Sample]) -> None:
    write_csv(path, [sample.to_row() for sample in samples])


def read_samples(path: str | os.PathLike[str]) -> list[Sample]:
    """The rows of a samples.csv. InputError names the line that is wrong; a file without rows is wrong, too."""
    found: dict[SubTransformer, Sample] = {}
    for number, row in enumerate(read_csv(path), start=2):
        place = f"{os.fspath(path)}: line {number}"
        sample = Sample.from_row(row, place)
        if sample.sub in found:
            raise InputError(place, "the architecture of an earlier line", "each architecture once")
        found[sample.sub] = sample
    return list(found.values())
