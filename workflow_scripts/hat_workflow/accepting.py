"""Which finished artifacts would be made again because of code alone, and what else differs of the others.

A job is acceptable when everything it made is there and was made in one run that nothing interrupted, by the settings
and from the inputs of today: only the hash of its code or the text of its shell command differs. What is made from the
output of a job that will run is not finished, whatever made it.
"""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from hat_workflow.records import Made, Planned, Record

HASH = re.compile(r"'[0-9a-f]{64}'")
SHOWN = 120
"""Characters of a value that are told."""


@dataclass(eq=False)
class Verdict:
    """Why a planned job would run."""

    job: Planned
    made_by: dict[str, str]
    """The hash of the code that made it, by output that differs in code."""
    reasons: list[str]
    """Everything else that speaks against it, in words."""
    blocked_by: set[str] = field(default_factory=set)
    """The rules that will run for another reason than code: its own, or some before it."""
    needs: list[Verdict] = field(default_factory=list, repr=False)

    @property
    def by_code(self) -> bool:
        """The code differs, and nothing else of this job or of those before it."""
        return bool(self.made_by) and not self.blocked_by

    @property
    def told(self) -> str:
        """Why the job runs for another reason than code; empty when it does not."""
        if self.reasons:
            return "; ".join([*self.reasons, *(["and code"] if self.made_by else [])])
        return f"follows from {', '.join(sorted(self.blocked_by))}" if self.blocked_by else ""


def judge(planned: Sequence[Planned], dropped: Collection[str] = ()) -> list[Verdict]:
    """A verdict for each planned job, in the same order: what a job needs comes before it.

    `dropped` names params that the update took away from rules: that they are gone is no reason.
    """
    found: dict[Planned, Verdict] = {}
    for job in planned:
        verdict = Verdict(job, _made_by(job), list(_reasons(job, dropped)), needs=[found[need] for need in job.needs])
        if not (verdict.made_by or verdict.reasons or verdict.needs):
            verdict.reasons.append("Snakemake has a reason of its own")
        before = {rule for need in verdict.needs for rule in need.blocked_by}
        verdict.blocked_by = {job.rule} if verdict.reasons else before
        found[job] = verdict
    return list(found.values())


def acceptable(verdicts: Sequence[Verdict], rules: Collection[str]) -> tuple[list[Verdict], dict[Verdict, str]]:
    """The jobs of these rules that can be accepted together, and why the others of them cannot."""
    accepted: list[Verdict] = []
    refused: dict[Verdict, str] = {}
    pending: dict[Verdict, set[str]] = {}  # rules that are to be accepted before a job is up to date
    for verdict in verdicts:
        waiting = {rule for need in verdict.needs for rule in pending[need]}
        asked = verdict.job.rule in rules
        if asked and verdict.by_code and not waiting:
            accepted.append(verdict)
        elif asked and verdict.blocked_by:
            refused[verdict] = verdict.told
        elif asked and verdict.by_code:
            refused[verdict] = f"follows from {', '.join(sorted(waiting))}: accept that, too"
        pending[verdict] = waiting if verdict in accepted or not verdict.made_by else waiting | {verdict.job.rule}
    return accepted, refused


def _made_by(job: Planned) -> dict[str, str]:
    """The hash by which each output was made that differs from now in its code."""
    found = {}
    for path, record in job.records.items():
        if record is not None and (record.template != job.now.template or _old_code(job, record) is not None):
            found[path] = _old_code(job, record) or job.code or ""
    return found


def _old_code(job: Planned, record: Record) -> str | None:
    """The hash of the code of a record; None where it is that of now, or cannot be told from other values."""
    gone, new = _changes(record, job.now)
    hashes = [value for value in gone.elements() if HASH.fullmatch(value)]
    return hashes[0].strip("'") if job.code is not None and repr(job.code) in new and len(hashes) == 1 else None


def _changes(record: Made, now: Made) -> tuple[Counter[str], Counter[str]]:
    """Params that only the record has, and those that it lacks."""
    before, after = Counter(record.params), Counter(now.params)
    return before - after, after - before


def _reasons(job: Planned, dropped: Collection[str]) -> Iterator[str]:
    """What speaks against a job besides code, on its own account."""
    if not job.records:
        yield "has no output: it runs each time"
        return
    if len(job.missing) == len(job.records):
        yield "never made" if not any(job.records.values()) else "made once, but gone"
        return
    yield from (f"output missing: {path}" for path in job.missing)
    yield from (f"left incomplete by a run that was interrupted: {path}" for path in job.incomplete)
    known = [record for record in job.records.values() if record is not None]
    yield from (f"no record of how it was made: {path}" for path, record in job.records.items() if record is None)
    if any(not record.current for record in known):
        yield "record of another version of Snakemake"
        return
    if len({(record.run, record.inputs) for record in known}) > 1:
        yield "its outputs were made in different runs"
    differences = [_differences(job, record, dropped) for record in known]
    yield from dict.fromkeys(text for found in differences for text in found)
    yield from (f"input missing: {path}" for path in job.missing_inputs)
    # a job whose code is as it was is Snakemake's to judge: by age first
    changed = job.changed_inputs if _made_by(job) else [path for path in job.changed_inputs if path in job.newer_inputs]
    yield from (f"input changed: {path} is not what was read" for path in changed)
    newer = [path for path in job.newer_inputs if path not in changed]
    yield from (f"input changed: {path} is newer than what was made from it" for path in newer)


def _differences(job: Planned, record: Record, dropped: Collection[str]) -> list[str]:
    """How a record differs from now in its inputs, settings and environment."""
    before, after = set(record.inputs), set(job.now.inputs)
    return [
        *(f"input added: {path}" for path in sorted(after - before)),
        *(f"input no longer read: {path}" for path in sorted(before - after)),
        *_settings(job, record, dropped),
        *(["software environment changed (called with --sdm conda?)"] if record.software != job.software else []),
    ]


def _settings(job: Planned, record: Record, dropped: Collection[str]) -> Iterator[str]:
    """Each setting that differs: its name, what it was, what it is.

    Snakemake keeps params without their names. Those that stand in the shell command are told apart by their places
    there, so that two that changed places do not pass for unchanged.
    """
    gone, new = _changes(record, job.now)
    old_code = _old_code(job, record)
    if old_code is not None:
        gone -= Counter([repr(old_code)])
        new -= Counter([repr(job.code)])
    before, after = _filled(record), _filled(job.now)
    for text in (before[f"params.{name}"] for name in dropped if f"params.{name}" in before.keys() - after.keys()):
        gone -= Counter([value for value in gone if _words(value) == text][:1])
    for place in sorted(before.keys() & after.keys()):
        name = place.removeprefix("params.")
        if name not in job.derived and before[place] != after[place]:
            yield f"setting changed: {name}: {_shown(before[place])} is now {_shown(after[place])}"
            gone -= Counter([value for value in gone if _words(value) == before[place]])
            new -= Counter([value for value in new if _words(value) == after[place]])
    yield from _unnamed(job, gone, new, {name: text for name, text in before.items() if name not in after})


def _unnamed(job: Planned, gone: Counter[str], new: Counter[str], former: dict[str, str]) -> Iterator[str]:
    """What is left: settings as JSON key by key, and single values, as far as they can be told apart.

    `former` are the values of params that no longer stand in the shell command.
    """
    old_json, new_json = ([value for value in side if _json(value) is not None] for side in (gone, new))
    if len(old_json) == len(new_json) == 1:
        before, after = dict(_flat(_json(old_json[0]))), dict(_flat(_json(new_json[0])))
        for key in dict.fromkeys([*before, *after]):
            if key not in after:
                yield f"setting removed: {key}: {_shown(before[key])}"
            elif key not in before:
                yield f"setting added: {key}: {_shown(after[key])}"
            elif before[key] != after[key]:
                yield f"setting changed: {key}: {_shown(before[key])} is now {_shown(after[key])}"
        gone, new = gone - Counter(old_json), new - Counter(new_json)
    old, added = sorted(gone.elements()), sorted(new.elements())
    if len(old) == len(added) == 1:
        name = job.names.get(added[0], "value")
        yield f"setting changed: {name}: {_shown(_words(old[0]))} is now {_shown(_words(added[0]))}"
    else:
        for value in old:
            names = [place.removeprefix("params.") for place, text in former.items() if text == _words(value)]
            name = f"{names[0]}: " if len(names) == 1 else ""  # several may have had the same value
            yield f"setting removed: {name}{_shown(_words(value))}"
        yield from (f"setting added: {job.names.get(value, 'value')}: {_shown(_words(value))}" for value in added)


def _filled(made: Made) -> dict[str, str]:
    """What stood in the place of each `{params.NAME}` of the shell command, without quotes."""
    parts = re.split(r"\{([^{}]*)\}", made.template)
    pattern = "".join("(.*?)" if odd % 2 else re.escape(part) for odd, part in enumerate(parts))
    found = re.fullmatch(pattern, made.command, flags=re.DOTALL)
    if found is None:  # braces that are no field
        return {}
    values = zip((name.split(":")[0] for name in parts[1::2]), found.groups(), strict=True)
    return {name: _unquoted(value) for name, value in values if name.startswith("params.")}


def _unquoted(text: str) -> str:
    try:
        return " ".join(shlex.split(text))
    except ValueError:  # a quotation mark of its own
        return text


def _words(value: str) -> str:
    """A param as it stands in a shell command."""
    plain = _plain(value)
    return " ".join(map(str, plain)) if isinstance(plain, list | tuple) else str(plain)


def _plain(value: str) -> Any:
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return value


def _json(value: str) -> dict[str, Any] | None:
    try:
        found = json.loads(_plain(value))
    except (ValueError, TypeError):
        return None
    return found if isinstance(found, dict) else None


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, part in value.items():
            yield from _flat(part, f"{key} > {name}" if key else name)
    else:
        yield key, value


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    if not text:
        return "nothing"
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
