"""Progress of long work: a line on standard error every few seconds, and ever rarer: some two hundred in a week."""

from __future__ import annotations

import sys
import time

EVERY_SECONDS = 5.0
RARER = 20
"""The next line comes after this part of the time that the work has taken so far, if that is longer."""


_about: list[str] = []


def speak_of(*words: str) -> None:
    """What all lines are about, such as a task, a device and a budget: each names what it does not name anyway."""
    _about[:] = words


def say(line: str) -> None:
    print(" ".join([*(word for word in _about if word not in line), line]), file=sys.stderr, flush=True)


class Progress:
    """Counts towards `total` and says how far it is, how fast, and how long it will still take.

    `done` is what an earlier, interrupted run had already finished: it counts as progress but not towards the speed.
    If `patient`, work of a few seconds is not worth a line.
    """

    def __init__(self, label: str, total: int, *, unit: str, done: int = 0, patient: bool = False) -> None:
        self.label, self.total, self.unit, self.done, self.patient = label, total, unit, done, patient
        self._resumed_at = done
        self._started = time.monotonic()
        self._said = float("-inf")

    def step(self, facts: str = "", count: int = 1, remembered: int = 0) -> None:
        """Count `count` more units; `facts` is appended to the line ("best loss 4.21").

        `remembered` of them cost no work now, like those of an earlier run.
        """
        self.done += count
        self._resumed_at += remembered
        now = time.monotonic()
        elapsed = now - self._started
        if self.patient and elapsed < EVERY_SECONDS:
            return
        if now - self._said < max(EVERY_SECONDS, elapsed / RARER) and self.done < self.total:
            return
        self._said = now
        speed = (self.done - self._resumed_at) / elapsed if elapsed > 0 else 0.0
        remaining = clock((self.total - self.done) / speed) if speed > 0 else "?"
        share = 100 * self.done / max(1, self.total)
        line = f"{self.label}: {share:3.0f}%  {self.done}/{self.total} {self.unit}, {speed:.1f}/s, {remaining} left"
        say(f"{line}, {facts}" if facts else line)


def clock(seconds: float) -> str:
    """As 1:05 or 2:01:05."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
