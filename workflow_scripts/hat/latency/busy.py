"""Other work on the machine that times: kept out where it is ours, else noticed, timed again, in the end refused."""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import NoReturn

from hat.errors import InputError
from hat.latency.doubt import disturbance, is_doubtful
from hat.latency.signature import Latency
from hat.progress import say

LOCK = Path(tempfile.gettempdir(), "hat-timing.lock")
HOPELESS = 2.5
"""So many times the bounds of what is doubtful is no latency at all."""
ATTEMPTS = 3


@contextmanager
def machine_to_itself() -> Iterator[None]:
    """Hold the lock of this machine: one process at a time times a model, whatever experiment it works for."""
    with open(_lock(), "rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _tell_waiting()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _lock() -> int:
    try:
        return os.open(LOCK, os.O_RDONLY)  # another user's cannot be opened to create it
    except FileNotFoundError:
        return os.open(LOCK, os.O_RDONLY | os.O_CREAT, 0o644)


@cache
def _tell_waiting() -> None:
    say(f"latency: {_holder()} times models on this machine; they take turns")


def _holder() -> str:
    """The process that holds the lock, where the system tells: one that was stopped may hold it for ever."""
    with suppress(OSError, ValueError, IndexError):
        ours = f":{LOCK.stat().st_ino}"
        for line in Path("/proc/locks").read_text().splitlines():
            cells = line.split()
            if cells[1] == "FLOCK" and cells[5].endswith(ours):
                return f"process {int(cells[4])}"
    return "another process"


def measure_steadily(measure: Callable[[], Latency], here: bool = True) -> Latency:
    """The first of a few latencies that is not doubtful, else the least disturbed, at the device's own speed.

    What was timed elsewhere and is looked up comes the same each time, and is asked for twice at most. InputError when
    even the best is hopeless; it says what to stop, if it was timed `here`.
    """
    found: list[Latency] = []
    while len(found) < ATTEMPTS and (len(found) < 2 or found[-1] != found[-2]):
        found.append(latency := measure())
        if not is_doubtful(latency.numbers()):
            return latency
        if latency not in found[:-1]:
            say(f"latency: {_told(latency)} is that of a busy machine")
    best = min(found, key=lambda latency: disturbance(latency.numbers()))
    if disturbance(best.numbers()) > HOPELESS:
        refuse(best.signature.device, f"{_told(best)} at best", here)
    return best


def refuse(device: str, found: str, here: bool) -> NoReturn:
    """InputError with what else this machine does, or, of one elsewhere, what to do."""
    remedy = f"stop other work{_others()}" if here else "stop other work there, and time it again"
    raise InputError(f"device {device}", f"the machine is too busy to time on: {found}", remedy)


def _told(latency: Latency) -> str:
    return f"{latency.latency_ms:.2f} ms (median {latency.p50_ms:.2f}, drift {latency.drift:.2f})"


def _others() -> str:
    """The busiest processes but this one, as far as the system tells."""
    command = ["ps", "-eo", "pid=,pcpu=,comm=", "--sort=-pcpu"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.splitlines()
    except (OSError, subprocess.SubprocessError):
        return ""
    rows = [line.split(None, 2) for line in listed]
    busiest = [f"{name} ({share}%)" for pid, share, name in rows if int(pid) != os.getpid() and float(share) > 10]
    return f", such as on {os.uname().nodename} {', '.join(busiest[:3])}" if busiest else ""
