"""What a person sees of a run: a line for each job that ended, about how long the rest will take, an error at the end.

Snakemake tells its loggers what happens, as its logger plugins know it (`snakemake_interface_logger_plugins`). Its own
lines about each job stay in its log file.
"""

from __future__ import annotations

import atexit
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from hat.progress import clock, say
from snakemake.logging import logger
from snakemake_interface_logger_plugins.common import LogEvent

BENCHMARKS = Path("benchmarks")
FRAMES = ("Select jobs to execute", "Execute ")
ENOUGH = 0.5
"""Of the jobs left, the share that must be of rules whose time is known, before the whole is guessed."""


def follow(jobs: Mapping[str, int]) -> None:
    """Tell of the run that begins, with so many jobs of each rule (and their `total`)."""
    console = Console({rule: count for rule, count in jobs.items() if rule != "total"}, seconds_of(BENCHMARKS))
    for handler in logger.handlers:
        if isinstance(handler, logging.StreamHandler) and not isinstance(handler, logging.FileHandler):
            handler.addFilter(_is_news)
    logger.addHandler(console)
    atexit.register(console.tell_errors)  # after the last line of Snakemake


def seconds_of(benchmarks: Path) -> dict[str, list[float]]:
    """What the jobs of each rule took in runs before."""
    found: dict[str, list[float]] = {}
    for path in benchmarks.rglob("*.jsonl"):
        rule = path.relative_to(benchmarks).parts[0].removesuffix(".jsonl")
        try:
            found.setdefault(rule, []).append(float(json.loads(path.read_text().splitlines()[-1])["s"]))
        except (OSError, ValueError, LookupError):
            continue  # a job that ends writes its own at this moment
    return {rule: seconds for rule, seconds in found.items() if seconds}


@dataclass(frozen=True)
class Job:
    name: str
    """Its rule and its wildcards but the experiment: task, device, budget or model."""
    rule: str
    log: str | None


class Console(logging.Handler):
    """Prints what becomes of the `jobs` of each rule; `took` holds seconds by rule, as far as they are known."""

    def __init__(self, jobs: Mapping[str, int], took: Mapping[str, list[float]]) -> None:
        super().__init__()
        self.left = dict(jobs)
        self.total = sum(jobs.values())
        self.took = {rule: list(seconds) for rule, seconds in took.items()}
        self.jobs: dict[int, Job] = {}
        self.began: dict[int, float] = {}
        self.failed: dict[int, Job] = {}
        self.worked = 0.0
        self.start = time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        facts = record.__dict__
        match facts.get("event"):
            case LogEvent.JOB_INFO:
                words = [str(value) for name, value in facts["wildcards"].items() if name != "experiment"]
                rule, log = facts["rule_name"], next(iter(facts["log"]), None)
                self.jobs[facts["jobid"]] = Job(" ".join([rule, *words]), rule, log)
            case LogEvent.JOB_STARTED:
                self.began.update(dict.fromkeys(facts["jobs"], time.monotonic()))
            case LogEvent.JOB_FINISHED:
                self._finished(facts["job_id"])
            case LogEvent.JOB_ERROR:
                self.failed[facts["jobid"]] = self.jobs.get(
                    facts["jobid"], Job(facts["rule_name"], facts["rule_name"], None)
                )

    def tell_errors(self) -> None:
        """The error of each job that failed for good; the line of it comes last."""
        for job in self.failed.values():
            if job.log:
                say(f"{job.name} failed, as {job.log} tells:\n{_error_in(Path(job.log))}")

    def _finished(self, number: int) -> None:
        job, now = self.jobs.get(number), time.monotonic()
        if job is None:
            return
        self.failed.pop(number, None)
        seconds = now - self.began.get(number, now)
        self.worked += seconds
        self.took.setdefault(job.rule, []).append(seconds)
        self.left[job.rule] = self.left.get(job.rule, 1) - 1
        done, rest = self.total - sum(self.left.values()), self._rest(now)
        after = f"; about {clock(rest)} left" if rest else ""
        say(f"[{time.strftime('%H:%M:%S')}] {done} of {self.total}: {job.name}, {clock(seconds)}{after}")

    def _rest(self, now: float) -> float | None:
        """Seconds, if as many jobs go on at once as until now; None where too little is known."""
        means = {rule: fmean(seconds) for rule, seconds in self.took.items()}
        known = sum(count for rule, count in self.left.items() if rule in means)
        if known < ENOUGH * sum(self.left.values()):
            return None
        usual = median(means.values())  # a few rules take far longer than all others, and are soon known
        work = sum(count * means.get(rule, usual) for rule, count in self.left.items())
        return work / max(1.0, self.worked / max(1e-9, now - self.start))


def _is_news(record: logging.LogRecord) -> bool:
    """Whether Snakemake's own line says something that is not said here."""
    event = getattr(record, "event", None)
    return event not in (LogEvent.PROGRESS, LogEvent.JOB_FINISHED) and not record.getMessage().startswith(FRAMES)


def _error_in(log: Path) -> str:
    """The last line of a log that is marked as an error, else its last one."""
    try:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    except OSError:
        lines = []
    errors = [line for line in lines if line.startswith("error: ")]
    return [f"error: {log} is empty", *lines, *errors][-1]
