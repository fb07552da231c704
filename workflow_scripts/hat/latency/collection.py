"""Collecting latency samples: one shard, resumable, watched for drift.

Each finished measurement is one line of a log, on disk before the next begins. The log alone says what is left to do:
a killed collection loses at most the measurement it was at, and a resumed one repeats none.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from hat.architecture import SubTransformer
from hat.errors import InputError
from hat.latency.drift import TOLERANCE, deviation, drifted, drifts
from hat.latency.samples import Sample
from hat.latency.signature import Latency
from hat.progress import Progress, say

STRETCH = 10
RETRIES = 2
REPEATED_SHARE = 0.5


@dataclass(frozen=True)
class Entry:
    """One measurement: of the sample number `index`, or of the anchor (None)."""

    index: int | None
    numbers: dict[str, float]


class Log:
    """The measurements of one shard so far, in order. A last line that a kill cut off is dropped."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: list[Entry] = []
        if path.exists():
            content = path.read_bytes()
            whole = content[: content.rfind(b"\n") + 1]
            if whole != content:
                os.truncate(path, len(whole))
            for number, line in enumerate(whole.splitlines(), start=1):
                try:
                    record = json.loads(line)
                    self.entries.append(Entry(record["sample"], record["latency"]))
                except (ValueError, KeyError, TypeError):
                    raise InputError(path, f"line {number} is damaged", "delete this file to measure anew") from None

    def append(self, entry: Entry) -> None:
        with open(self.path, "a", encoding="utf-8") as stream:
            stream.write(json.dumps({"sample": entry.index, "latency": entry.numbers}) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        self.entries.append(entry)

    def anchors(self) -> list[float | None]:
        """See `hat.latency.drift.drifts`."""
        return [entry.numbers["latency_ms"] if entry.index is None else None for entry in self.entries]

    def best(self) -> dict[int, tuple[float, int]]:
        """Of each sample measured, drift and place of its measurement with the least drift."""
        found: dict[int, tuple[float, int]] = {}
        for place, (entry, drift) in enumerate(zip(self.entries, drifts(self.anchors()), strict=True)):
            if entry.index is not None and drift is not None:
                known = found.get(entry.index)
                if known is None or deviation(drift) < deviation(known[0]):
                    found[entry.index] = drift, place
        return found


def collect(
    path: Path,
    subs: Sequence[SubTransformer],
    order: Sequence[int],
    anchor: SubTransformer,
    measure: Callable[[SubTransformer], Latency],
) -> tuple[list[Sample], float]:
    """Measure `subs[i]` for each i of `order`, in that order, keeping the log at `path`.

    The anchor is measured first, last and after every `STRETCH` samples. Samples that drifted are measured again at the
    end: each at most `RETRIES` times, all together at most `REPEATED_SHARE` of the samples, for on a machine that never
    rests repeating is in vain. What still drifts is kept, its drift beside it. Returns the samples in the order of
    their numbers and the anchor's median latency in ms.
    """
    log = Log(path)
    progress = Progress(
        "latency", len(order), unit="SubTransformers", done=len({e.index for e in log.entries if e.index is not None})
    )
    told = begun = False

    def add(index: int | None) -> None:
        log.append(Entry(index, measure(anchor if index is None else subs[index]).numbers()))

    while True:
        if log.entries and log.entries[-1].index is not None:
            add(None)
            begun = True
        stretch, is_retry = _next_stretch(log, order)
        if not stretch:
            break
        if not begun:
            add(None)
            begun = True
        if is_retry and not told:
            say(f"latency: some samples drifted more than {TOLERANCE:.0%} and are measured again")
            told = True
        for index in stretch:
            add(index)
            if not is_retry:
                progress.step(f"last {log.entries[-1].numbers['latency_ms']:.1f} ms")
    best = log.best()
    kept = sum(drifted(drift) for drift, _ in best.values())
    repeated = _repeated(log)
    if repeated or kept:
        say(f"latency: {repeated} measurements repeated because of drift; {kept} samples still drift, kept and marked")
    samples = [
        Sample(sub=subs[index], numbers=log.entries[place].numbers, drift=drift, order=place)
        for index, (drift, place) in sorted(best.items())
    ]
    return samples, median(latency for latency in log.anchors() if latency is not None)


def _next_stretch(log: Log, order: Sequence[int]) -> tuple[list[int], bool]:
    """What to measure before the next anchor: samples never measured; when there are none, those that drifted."""
    times = Counter(entry.index for entry in log.entries)
    fresh = [index for index in order if not times[index]]
    if fresh:
        return fresh[:STRETCH], False
    best = log.best()
    again = [index for index in order if drifted(best[index][0]) and times[index] <= RETRIES]
    worst_first = sorted(again, key=lambda index: (times[index], -deviation(best[index][0])))
    left = int(REPEATED_SHARE * len(order)) - _repeated(log)
    return worst_first[: max(0, min(STRETCH, left))], True


def _repeated(log: Log) -> int:
    """Measurements of samples that had been measured before."""
    indices = [entry.index for entry in log.entries if entry.index is not None]
    return len(indices) - len(set(indices))


def merge(shards: Sequence[list[Sample]], anchors_ms: Sequence[float]) -> list[Sample]:
    """The samples of all shards, their drift taken against the median of the shards' anchors."""
    reference = median(anchors_ms)
    return [
        replace(sample, drift=sample.drift * anchor_ms / reference)
        for samples, anchor_ms in zip(shards, anchors_ms, strict=True)
        for sample in samples
    ]
