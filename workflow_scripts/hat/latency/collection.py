"""Collecting latency samples: one shard, resumable.

Each finished measurement is one line of a log, on disk before the next begins. The log alone says what is left to do:
a killed collection loses at most the measurement it was at, and a resumed one repeats none.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from hat.architecture import SubTransformer
from hat.errors import InputError
from hat.latency.busy import ATTEMPTS, refuse
from hat.latency.device_signature import DeviceSignature
from hat.latency.doubt import is_doubtful
from hat.latency.samples import Sample
from hat.latency.signature import Latency
from hat.progress import Progress, say

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


def collect(
    path: Path,
    subs: Sequence[SubTransformer],
    order: Sequence[int],
    measure: Callable[[SubTransformer], Latency],
    device: DeviceSignature,
    here: bool = True,
) -> list[Sample]:
    """Measure `subs[i]` for each i of `order`, in that order, keeping the log at `path`.

    Returns the samples in the order of their numbers, brought to the own speed of `device`. What is doubtful is
    measured again; InputError when too much of it stays so, or when the device was busy as its own speed was measured.
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

    device.check(median(log.measured[index]["anchor_ms"] for index in places))

    def found() -> list[Sample]:
        return [Sample(sub=subs[i], numbers=_brought(log.measured[i], device), order=places[i]) for i in sorted(places)]

    for _ in range(ATTEMPTS - 1):
        doubtful = [i for i, sample in zip(sorted(places), found(), strict=True) if is_doubtful(sample.numbers)]
        again = [index for index in doubtful if log.attempts[index] < ATTEMPTS]
        if again:
            say(f"latency: {len(again)} of {len(order)} samples are those of a busy machine; timed again")
        for index in again:
            log.append(index, measure(subs[index]).numbers())
    samples = found()
    doubts = sum(is_doubtful(sample.numbers) for sample in samples)
    if doubts > MOST_DOUBTFUL * len(samples):
        told = f"{doubts} of {len(samples)} samples are doubtful after {ATTEMPTS} attempts"
        refuse(device.signature.device, told, here)
    return samples


def _brought(raw: dict[str, float], device: DeviceSignature) -> dict[str, float]:
    """The numbers of a raw latency at the own speed of the device."""
    return Latency.from_numbers(raw, device.signature).at(device.anchor_ms).numbers()
