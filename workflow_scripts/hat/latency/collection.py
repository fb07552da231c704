"""Collecting latency samples: one shard, resumable.

Each finished measurement is one line of a log, on disk before the next begins. The log alone says what is left to do:
a killed collection loses at most the measurement it was at, and a resumed one repeats none.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from hat.architecture import DesignSpace, SubTransformer
from hat.errors import InputError
from hat.latency.busy import ATTEMPTS, refuse
from hat.latency.device_signature import DeviceSignature
from hat.latency.doubt import is_doubtful
from hat.latency.samples import Sample
from hat.latency.signature import Latency, Signature
from hat.progress import Progress, say

DRIFT_TOLERANCE = 0.05
MOST_DOUBTFUL = 0.1
"""The share of samples that may stay doubtful; no predictor learns from them."""


class Log:
    """The raw measurements of one shard so far, in order, by sample number: the last of each, and how many there were.

    A last line that a kill cut off is dropped.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.measured: dict[int, dict[str, float]] = {}
        self.attempts: Counter[int] = Counter()
        if path.exists():
            content = path.read_bytes()
            whole = content[: content.rfind(b"\n") + 1]
            if whole != content:
                os.truncate(path, len(whole))
            for number, line in enumerate(whole.splitlines(), start=1):
                try:
                    record = json.loads(line)
                    self._note(record["sample"], record["latency"])
                except (ValueError, KeyError, TypeError, RecursionError):
                    raise InputError(path, f"line {number} is damaged", "delete this file to measure anew") from None

    def append(self, index: int, numbers: dict[str, float]) -> None:
        with open(self.path, "a", encoding="utf-8") as stream:
            stream.write(json.dumps({"sample": index, "latency": numbers}) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        self._note(index, numbers)

    def _note(self, index: int, numbers: dict[str, float]) -> None:
        self.measured[index] = numbers
        self.attempts[index] += 1


def anchor(space: DesignSpace) -> SubTransformer:
    """The mid-sized architecture of a space: the middle choice of every gene."""
    return space.decode([choices[len(choices) // 2] for choices in space.genes()])


def collect(
    path: Path,
    subs: Sequence[SubTransformer],
    order: Sequence[int],
    measure: Callable[[SubTransformer], Latency],
    signature: Signature,
    here: bool = True,
) -> tuple[list[Sample], DeviceSignature]:
    """Measure `subs[i]` for each i of `order`, in that order, keeping the log at `path`.

    Returns the samples in the order of their numbers, brought to the speed at which the anchor takes its median time.
    What is doubtful is measured again; InputError when too much of it stays so. The log may hold more than `order` asks
    for: what was measured for a larger collection stays.
    """
    log = Log(path)
    wanted = set(order)
    progress = Progress("latency", len(order), unit="SubTransformers", done=len(wanted & set(log.measured)))
    for index in order:
        if index not in log.measured:
            log.append(index, measure(subs[index]).numbers())
            progress.step(f"last {log.measured[index]['latency_ms']:.1f} ms")
    places = {index: place for place, index in enumerate(index for index in log.measured if index in wanted)}

    def found() -> tuple[list[Sample], DeviceSignature]:
        samples = [Sample(sub=subs[i], numbers=log.measured[i], order=place) for i, place in sorted(places.items())]
        return _at_one_speed(samples, [sample.numbers["anchor_ms"] for sample in samples], signature)

    for _ in range(ATTEMPTS - 1):
        doubtful = [i for i, sample in zip(sorted(places), found()[0], strict=True) if is_doubtful(sample.numbers)]
        again = [index for index in doubtful if log.attempts[index] < ATTEMPTS]
        if again:
            say(f"latency: {len(again)} of {len(order)} samples are those of a busy machine; timed again")
        for index in again:
            log.append(index, measure(subs[index]).numbers())
    samples, device = found()
    doubts = sum(is_doubtful(sample.numbers) for sample in samples)
    if doubts > MOST_DOUBTFUL * len(samples):
        refuse(signature.device, f"{doubts} of {len(samples)} samples are doubtful after {ATTEMPTS} attempts", here)
    return samples, device


def merge(
    shards: Sequence[list[Sample]], anchors_ms: Sequence[float], signature: Signature
) -> tuple[list[Sample], DeviceSignature]:
    """The samples of all shards, brought to the speed at which the anchor takes the median of the shards' anchors."""
    return _at_one_speed([sample for samples in shards for sample in samples], anchors_ms, signature)


def _at_one_speed(
    samples: Sequence[Sample], anchors_ms: Sequence[float], signature: Signature
) -> tuple[list[Sample], DeviceSignature]:
    """The samples as if the anchor had taken the median of `anchors_ms` all the time."""
    anchor_ms = median(anchors_ms)
    found = [
        replace(sample, numbers=Latency.from_numbers(sample.numbers, signature).at(anchor_ms).numbers())
        for sample in samples
    ]
    drifted = sum(abs(sample.numbers["drift"] - 1) > DRIFT_TOLERANCE for sample in found)
    return found, DeviceSignature(
        device=signature.device, signature=signature, samples=len(found), drifted=drifted, anchor_ms=anchor_ms
    )
