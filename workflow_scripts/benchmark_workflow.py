"""Say how much of a finished run's wall time lay outside its jobs: in starting, planning and waiting."""

from __future__ import annotations

import argparse
import json
from datetime import datetime
from pathlib import Path

from hat.errors import InputError
from hat_workflow import command


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--benchmarks", type=Path, default=Path("benchmarks"), help="folder of the jobs' benchmarks")
    options.add_argument("--log", type=Path, help="Snakemake's log of the run (default: the newest)")
    return options


def main(args: argparse.Namespace) -> None:
    log = args.log or newest(Path(".snakemake/log"))
    begin = begin_of(log)
    end = log.stat().st_mtime
    jobs = [job for job in map(interval, args.benchmarks.rglob("*.jsonl")) if begin <= job[0] and job[1] <= end + 1]
    if not jobs:
        raise InputError(args.benchmarks, f"no job of the run in {log}", "the folder in which that run was made")
    inside = covered(jobs)
    print(f"{len(jobs)} jobs; wall {end - begin:.1f} s; some job running {inside:.1f} s; ", end="")
    print(f"outside of jobs {1 - inside / (end - begin):.1%}")


def begin_of(log: Path) -> float:
    """When the run of a log began: the log is named by it."""
    return datetime.strptime(log.name, "%Y-%m-%dT%H%M%S.%f.snakemake.log").timestamp()


def newest(folder: Path) -> Path:
    logs = sorted(folder.glob("*.snakemake.log"))
    if not logs:
        raise InputError(folder, "no log of a run", "the folder of a finished run as working directory")
    return logs[-1]


def interval(path: Path) -> tuple[float, float]:
    """Begin and end of a job: its benchmark is written when it ends and says how long it took."""
    end = path.stat().st_mtime
    return end - float(json.loads(path.read_text().splitlines()[-1])["s"]), end


def covered(intervals: list[tuple[float, float]]) -> float:
    """Length of the union of `intervals`."""
    total, reached = 0.0, float("-inf")
    for begin, end in sorted(intervals):
        total += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return total


if __name__ == "__main__":
    command.run(parser(), main)
