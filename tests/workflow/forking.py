"""Snakemake as its command line, without the seconds of its imports: a process that has them forks for each call.

As a program: reads requests from standard input, a line of JSON each, and answers with the exit status.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

IMPORTED_BY_PLANNING = ("api", "cli", "dag", "workflow", "scheduling.job_scheduler", "persistence", "report")


class Snakemake:
    """Runs `snakemake` in folders and environments of their own, one call after the other."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __call__(self, *words: str, cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory() as folder:
            outputs = [f"{folder}/stdout", f"{folder}/stderr"]
            request = {"words": words, "cwd": str(cwd), "env": dict(env), "outputs": outputs}
            status = self._asked(json.dumps(request))
            stdout, stderr = (Path(path).read_text() for path in outputs)
        return subprocess.CompletedProcess(["snakemake", *words], status, stdout, stderr)

    def _asked(self, request: str) -> int:
        if self._process is None:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            self._process = subprocess.Popen([sys.executable, __file__], text=True, **pipes)  # type: ignore[call-overload]
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{request}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def serve() -> None:
    import importlib

    for name in IMPORTED_BY_PLANNING:
        importlib.import_module(f"snakemake.{name}")
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            run(**request)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def run(words: list[str], cwd: str, env: dict[str, str], outputs: list[str]) -> None:
    """In the child: what `python -m snakemake` does; it does not come back."""
    from snakemake.cli import main

    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, path in enumerate(outputs, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    sys.argv = ["snakemake", *words]
    main(words)


if __name__ == "__main__":
    serve()
