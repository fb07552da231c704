"""Numbers by architecture, remembered in a file that all searches share: no SubTransformer is scored or timed twice."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from hat.architecture import SubTransformer

Function = Callable[[SubTransformer], float]

APPENDING = 0


class Remembered:
    """A function of architectures that asks `function` only for those that no process has asked it for yet.

    `folder` holds `values.jsonl`, one line per SubTransformer, only ever appended to, and `claims`, in which a process
    locks one byte per architecture while it asks. Locks die with their process; a line torn by a kill is ignored.
    Several processes may use a folder at once; within one process, one thread and one instance at a time.
    """

    def __init__(self, folder: Path, function: Function) -> None:
        self._function = function
        self._values: dict[str, float] = {}
        self._file = open(folder / "values.jsonl", "a+b", buffering=0)  # noqa: SIM115  (closed by __exit__)
        self._claims = open(folder / "claims", "a+b", buffering=0)  # noqa: SIM115
        self._read = 0
        self.asked = 0
        """How often this instance asked."""

    def __call__(self, sub: SubTransformer) -> float:
        if sub.key not in self._values:
            with self._locked(_position(sub.key)):
                self._catch_up()
                if sub.key not in self._values:
                    value = self._function(sub)
                    self.asked += 1
                    self._append(sub.key, value)
        return self._values[sub.key]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
        self._claims.close()

    def _catch_up(self) -> None:
        """Read what was appended since the last time, up to the last complete line."""
        self._file.seek(self._read)
        text = self._file.read()
        complete = text[: text.rfind(b"\n") + 1]
        self._read += len(complete)
        for line in complete.splitlines():
            try:
                record = json.loads(line)
                self._values[record["key"]] = float(record["value"])
            except (ValueError, KeyError, TypeError, RecursionError):
                continue  # torn by a kill: that SubTransformer is asked for again

    def _append(self, key: str, value: float) -> None:
        line = json.dumps({"key": key, "value": value}).encode() + b"\n"
        with self._locked(APPENDING):
            end = self._file.seek(0, os.SEEK_END)
            torn = end > 0 and os.pread(self._file.fileno(), 1, end - 1) != b"\n"
            self._file.write(b"\n" + line if torn else line)
            os.fsync(self._file.fileno())
        self._values[key] = value

    @contextmanager
    def _locked(self, position: int) -> Iterator[None]:
        """Hold byte `position` of the claims file; other processes that want the same byte wait."""
        fcntl.lockf(self._claims, fcntl.LOCK_EX, 1, position)
        try:
            yield
        finally:
            fcntl.lockf(self._claims, fcntl.LOCK_UN, 1, position)


def _position(key: str) -> int:
    """The byte that stands for an architecture; should two share one, the second merely waits for the first."""
    return 1 + int.from_bytes(hashlib.sha256(key.encode()).digest()[:6])
