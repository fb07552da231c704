"""Losses by architecture, remembered in a file that all searches of a task share: no SubTransformer is scored twice."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from hat.architecture import SubTransformer
from hat.search.evolution import Objective

APPENDING = 0


class RememberedLoss:
    """An objective that asks `objective` only for architectures that no process has scored yet.

    `folder` holds `losses.jsonl`, one line per SubTransformer, only ever appended to, and `claims`, in which a process
    locks one byte per architecture while it scores it. Locks die with their process; a line torn by a kill is ignored.
    Several processes may use a folder at once; within one process, one thread and one instance at a time.
    """

    def __init__(self, folder: Path, objective: Objective) -> None:
        self._objective = objective
        self._losses: dict[str, float] = {}
        self._file = open(folder / "losses.jsonl", "a+b", buffering=0)  # noqa: SIM115  (closed by __exit__)
        self._claims = open(folder / "claims", "a+b", buffering=0)  # noqa: SIM115
        self._read = 0
        self.scored = 0
        """How many losses this instance computed itself."""

    def __call__(self, sub: SubTransformer) -> float:
        if sub.key not in self._losses:
            with self._locked(_position(sub.key)):
                self._catch_up()
                if sub.key not in self._losses:
                    loss = self._objective(sub)
                    self.scored += 1
                    self._append(sub.key, loss)
        return self._losses[sub.key]

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
                self._losses[record["key"]] = float(record["loss"])
            except (ValueError, KeyError, TypeError):
                continue  # torn by a kill: that SubTransformer is scored again

    def _append(self, key: str, loss: float) -> None:
        line = json.dumps({"key": key, "loss": loss}).encode() + b"\n"
        with self._locked(APPENDING):
            end = self._file.seek(0, os.SEEK_END)
            torn = end > 0 and os.pread(self._file.fileno(), 1, end - 1) != b"\n"
            self._file.write(b"\n" + line if torn else line)
            os.fsync(self._file.fileno())
        self._losses[key] = loss

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
