"""Contestants of a benchmark: processes that do the same work in turn, each when it is asked. Needs Python alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hat.errors import InputError

MEGABYTE, KIBIBYTE = 1e6, 1024


def serve(decode: Callable[[int, int], object]) -> None:
    """Of a contestant: decode (batch, sentences) whenever a line of standard input says so; answer with JSON lines."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a runtime prints is no answer
    print(json.dumps({}), file=answers, flush=True)
    for line in sys.stdin:
        batch, sentences = json.loads(line)
        began, cpu = time.perf_counter(), time.process_time()
        decode(batch, sentences)
        took = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - cpu}
        print(json.dumps(took | {"peak_mb": peak_megabytes()}), file=answers, flush=True)


def peak_megabytes() -> float:
    """The most memory that this process has had, on Linux (getrusage tells the parent's where that is more)."""
    facts = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    return int(facts["VmHWM"].split()[0]) * KIBIBYTE / MEGABYTE


class Contestant:
    """A process that serves. InputError when it ends."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
        )
        self._answer()

    def decode(self, batch: int, sentences: int) -> dict[str, float]:
        """Seconds on the clock and of the CPU, and the peak memory so far."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([batch, sentences]) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()

    def _answer(self) -> dict[str, float]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise InputError(self.name, f"ended with exit status {self._process.wait()}", "what it said above")
        answer: dict[str, float] = json.loads(line)
        return answer
