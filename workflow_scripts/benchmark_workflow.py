"""Say what the workflow costs beside its jobs: of a finished run the time outside of them, and what planning takes."""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

from hat.errors import InputError
from hat_workflow import command, settings


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--benchmarks", type=Path, default=Path("benchmarks"), help="folder of the jobs' benchmarks")
    options.add_argument("--log", type=Path, help="Snakemake's log of the run (default: the newest)")
    options.add_argument(
        "--plan", nargs="+", metavar="EXPERIMENT", help="plan these from nothing instead, and say what that takes"
    )
    return options


def main(args: argparse.Namespace) -> None:
    if args.plan:
        for name in args.plan:
            print(planning(name))
        return
    log = args.log or newest(Path(".snakemake/log"))
    begin = begin_of(log)
    end = log.stat().st_mtime
    jobs = [job for job in map(interval, args.benchmarks.rglob("*.jsonl")) if begin <= job[0] and job[1] <= end + 1]
    if not jobs:
        raise InputError(args.benchmarks, f"no job of the run in {log}", "the folder in which that run was made")
    inside = covered(jobs)
    print(f"{len(jobs)} jobs; wall {end - begin:.1f} s; some job running {inside:.1f} s; ", end="")
    print(f"outside of jobs {1 - inside / (end - begin):.1%}")


def planning(experiment: str) -> str:
    """What a dry run of every job of an experiment takes."""
    jobs, cpu, wall = dry_run(experiment, "--forceall")
    return f"{experiment}: {jobs} jobs planned in {cpu:.1f} CPU-seconds, {wall:.1f} s on the clock"


def dry_run(experiment: str, *words: str) -> tuple[int, float, float]:
    """Jobs, CPU-seconds and seconds on the clock of a dry run."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(settings.ROOT / "Snakefile"), "--cores", "1"]
    run = subprocess.run(
        [*command, "--dry-run", *words, "--config", f"experiment={experiment}"], capture_output=True, text=True
    )
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - begin
    if run.returncode != 0:
        raise InputError("--plan", run.stderr.strip().splitlines()[-1], "an experiment that can be planned")
    total = re.search(r"^total +(\d+)$", run.stdout + run.stderr, flags=re.MULTILINE)
    return int(total[1]) if total else 0, sum(after[:2]) - sum(before[:2]), wall


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
