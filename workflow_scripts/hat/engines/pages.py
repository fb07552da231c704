"""Advice to Linux about this process's memory. Where it is not taken, nothing happens."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path

MAPS = Path("/proc/self/maps")
DONT_NEED, COLLAPSE = 4, 25
"""Of madvise: these pages may be dropped; these are to be joined to huge ones, now (since Linux 6.1)."""
HUGE = 1 << 21


def forget(file: Path) -> None:
    """Let go of the memory in which a file was read, whose content lies elsewhere by now; what is needed is read again.

    XNNPACK has its own copy of the weights, in another order.
    """
    for first, last, access, name in _mapped():
        if access.startswith("r-") and name == str(file.resolve()):
            _advise(first, last, DONT_NEED)


def join() -> None:
    """Join the pages of what was allocated to huge ones: a step that reads all weights then misses few translations.

    On an Intel Xeon that saves 10 to 15% of a translation (docs/benchmarks.md).
    """
    for first, last, access, name in _mapped():
        first, last = -(-first // HUGE) * HUGE, last // HUGE * HUGE
        if access.startswith("rw") and not name and first < last:
            _advise(first, last, COLLAPSE)


def _mapped() -> Iterator[tuple[int, int, str, str]]:
    """First address, end, access and file of each stretch of memory; what was allocated has no file."""
    if not MAPS.exists():
        return
    for line in MAPS.read_text(encoding="utf-8", errors="replace").splitlines():
        span, access, _, _, _, *name = line.split(maxsplit=5)
        first, last = (int(number, 16) for number in span.split("-"))
        yield first, last, access, "".join(name)


def _advise(first: int, last: int, advice: int) -> None:
    ctypes.CDLL(None).madvise(ctypes.c_void_p(first), ctypes.c_size_t(last - first), advice)
