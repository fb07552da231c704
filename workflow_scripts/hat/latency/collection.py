"""Collecting latency samples: one shard, resumable.

Each finished measurement is one line of a log, on disk before the next begins. The log alone says what is left to do:
a killed collection loses at most the measurement it was at, and a resumed one repeats none.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from hat.architecture import DesignSpace, SubTransformer
from hat.errors import InputError
from hat.latency.device_signature import DeviceSignature
from hat.latency.samples import Sample
from hat.latency.signature import Latency, Signature
from hat.progress import Progress

DRIFT_TOLERANCE = 0.05


class Log:
    """The raw measurements of one shard so far, in order, by sample number.

    A last line that a kill cut off is dropped.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.measured: dict[int, dict[str, float]] = {}
        if path.exists():
            content = path.read_bytes()
            whole = content[: content.rfind(b"\n") + 1]
            if whole != content:
                os.truncate(path, len(whole))
            for number, line in enumerate(whole.splitlines(), start=1):
                try:
                    record = json.loads(line)
                    self.measured[record["sample"]] = record["latency"]
                except (ValueError, KeyError, TypeError):
                    raise InputError(path, f"line {number} is damaged", "delete this file to measure anew") from None

    def append(self, index: int, numbers: dict[str, float]) -> None:
        with open(self.path, "a", encoding="utf-8") as stream:
            stream.write(json.dumps({"sample": index, "latency": numbers}) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        self.measured[index] = numbers


def anchor(space: DesignSpace) -> SubTransformer:
    """The mid-sized architecture of a space: the middle choice of every gene."""
    return space.decode([choices[len(choices) // 2] for choices in space.genes()])


def collect(
    path: Path,
    subs: Sequence[SubTransformer],
    order: Sequence[int],
    measure: Callable[[SubTransformer], Latency],
    signature: Signature,
) -> tuple[list[Sample], DeviceSignature]:
    """Measure `subs[i]` for each i of `order`, in that order, keeping the log at `path`.

    Returns the samples in the order of their numbers, brought to the speed at which the anchor takes its median time.
    The log may hold more than `order` asks for: what was measured for a larger collection stays.
    """
    log = Log(path)
    wanted = set(order)
    progress = Progress("latency", len(order), unit="SubTransformers", done=len(wanted & set(log.measured)))
    for index in order:
        if index not in log.measured:
            log.append(index, measure(subs[index]).numbers())
            progress.step(f"last {log.measured[index]['latency_ms']:.1f} ms")
    places = {index: place for place, index in enumerate(index for index in log.measured if index in wanted)}
    samples = [Sample(sub=subs[i], numbers=log.measured[i], order=place) for i, place in sorted(places.items())]
    return _at_one_speed(samples, [sample.numbers["anchor_ms"] for sample in samples], signature)


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
