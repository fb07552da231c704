"""What Snakemake would run and what it wrote down of what it ran: the one module that touches its insides.

Written against Snakemake 9.27.1, whose version the lock pins. It relies on:

- `api`: `SnakemakeApi.workflow(...).dag(...)` as the command line calls them; `WorkflowApi._workflow`, and its
  `_prepare_dag` and `_build_dag`, which `snakemake --summary` calls as well: the graph is built, nothing is run.
- `DAG`: `needrun_jobs()`, `dependencies`, `jobs`, `toposorted()`.
- `Job`: `input`, `output`, `params`, `shellcmd`, `output_mintime`, `rule` (`params._allitems()`,
  `_is_deriving_function`, `norun`); `_IOFile`: `exists`, `is_newer`, `is_checksum_eligible`, `is_same_checksum`.
- `FilePersistence`: one JSON file for each output, at `_record_path(_metadata_path, key)`, a `MetadataRecord`;
  `_params`, `_code`, `_input`, `_log` and `_software_stack_hash`, with which a job is compared and which `finished`
  writes; `input_checksums`; `incomplete`; `lock`. `params` are stored sorted and without their names.
- `job_hash` in a record is one number for all outputs of one execution; nothing but the report reads it.

Nothing here decides what may be accepted: see `accepting`.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hat.errors import InputError
from snakemake.api import SnakemakeApi
from snakemake.exceptions import LockException, RuleException, WorkflowError
from snakemake.persistence import RECORD_FORMAT_VERSION, MetadataRecord
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    DeploymentMethod,
    DeploymentSettings,
    OutputSettings,
    Quietness,
    ResourceSettings,
)


@dataclass(frozen=True)
class Made:
    """How something was made, or would be now: what Snakemake compares."""

    rule: str
    params: tuple[str, ...]
    """`repr` of each param that does not follow from input, output, threads or resources; sorted."""
    template: str
    """The shell command with its fields in braces."""
    command: str
    """The shell command as it ran."""
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Record(Made):
    """What Snakemake wrote down when it made one output."""

    run: int
    """The same number for all outputs of one execution."""
    ended: float
    """When the output was written, in seconds since 1970."""
    software: str
    """A hash of the environment that the job ran in."""
    current: bool
    """Whether the record has the form that this Snakemake compares."""


@dataclass(eq=False)
class Planned:
    """A job that Snakemake would run, and all that tells why."""

    now: Made
    code: str | None
    """The hash of the rule's command and library, from its param `code`."""
    names: Mapping[str, str]
    """The name of each param that counts, by its `repr`."""
    derived: frozenset[str]
    """The names of params that follow from input, output, threads or resources: they do not count."""
    records: Mapping[str, Record | None]
    """By output; None where Snakemake has none."""
    missing: tuple[str, ...]
    """Outputs that do not exist."""
    incomplete: tuple[str, ...]
    """Outputs that an interrupted run left behind."""
    missing_inputs: tuple[str, ...]
    newer_inputs: tuple[str, ...]
    """Inputs younger than the oldest output, unless their contents are known to be those that were read."""
    changed_inputs: tuple[str, ...]
    """Inputs whose contents are known not to be those that were read, whatever their age."""
    software: str
    job: Any = field(repr=False)
    """Snakemake's own job, for this module alone."""
    needs: list[Planned] = field(default_factory=list, repr=False)
    """Jobs that Snakemake would run as well and whose outputs this one reads."""

    @property
    def rule(self) -> str:
        return self.now.rule

    @property
    def outputs(self) -> tuple[str, ...]:
        return tuple(self.records)


class Records:
    """The plan of one experiment, and Snakemake's records of what is there."""

    def __init__(self, workflow: Any) -> None:
        self._workflow, self._dag, self._persistence = workflow, workflow.dag, workflow.persistence

    @property
    def rules(self) -> set[str]:
        """The names of all rules that have something to run."""
        return {rule.name for rule in self._workflow.rules if not rule.norun}

    def planned(self) -> list[Planned]:
        """Every job that Snakemake would run, those that it needs before it. Rules that only collect are left out."""
        wanted = set(self._dag.needrun_jobs())
        ordered = [job for level in self._dag.toposorted() for job in level if job in wanted and not job.rule.norun]
        found = {}
        for job in ordered:
            found[job] = self._workflow.async_run(self._planned(job))
            found[job].needs = [found[need] for need in self._dag.dependencies[job] if need in found]
        return list(found.values())

    async def _planned(self, job: Any) -> Planned:
        oldest = await job.output_mintime
        missing_inputs, newer, changed = [], [], []
        for path in job.input:
            if not await path.exists():
                missing_inputs.append(str(path))
                continue
            known = self._persistence.input_checksums(job, path)
            limit = self._dag.max_checksum_file_size
            same = None
            if len(known) == 1 and None not in known and await path.is_checksum_eligible(limit):
                same = await path.is_same_checksum(next(iter(known)), limit)
            if same is False:
                changed.append(str(path))
            if not same and oldest is not None and await path.is_newer(oldest):
                newer.append(str(path))
        items = [(name, item) for name, item in job.rule.params._allitems() if name]
        derived = frozenset(name for name, item in items if job.rule._is_deriving_function(item))
        return Planned(
            now=self._made(job),
            code=_code(job),
            names={repr(job.params[name]): name for name, _ in items if name not in derived},
            derived=derived,
            records={str(path): _record(self._persistence.metadata(path)) for path in job.output},
            missing=tuple([str(path) for path in job.output if not await path.exists()]),
            incomplete=tuple(str(path) for path in await self._persistence.incomplete(job)),
            missing_inputs=tuple(missing_inputs),
            newer_inputs=tuple(newer),
            changed_inputs=tuple(changed),
            software=self._persistence._software_stack_hash(job),
            job=job,
        )

    def _made(self, job: Any) -> Made:
        return Made(
            rule=job.rule.name,
            params=tuple(self._persistence._params(job)),
            template=self._persistence._code(job.rule) or "",
            command=job.shellcmd or "",
            inputs=tuple(map(str, self._persistence._input(job))),
        )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep Snakemake from working in this folder. InputError when it does already."""
        try:
            with self._persistence.lock():
                self._persistence._clear_cache()
                yield
        except LockException:
            wait = "wait until it is done; after a kill -9: snakemake --unlock"
            raise InputError(".snakemake", "Snakemake works in this folder", wait) from None

    def accept(self, planned: Planned) -> None:
        """Write down that what is there was made as it would be made now, record by record, each whole or not at all.

        What was read, when, and in which environment stays as it was. To be called while `locked`, as `planned` before.
        """
        job = planned.job
        for path in job.output:
            record = self._persistence.metadata(path).model_copy()
            record.rule, record.code, record.shellcmd = planned.rule, planned.now.template, planned.now.command
            record.params, record.log = list(planned.now.params), self._persistence._log(job)
            self._write(path, record)

    def _write(self, path: Any, record: MetadataRecord) -> None:
        """As Snakemake writes it, but beside the old one first: a record torn by a kill would be a result lost."""
        final = Path(self._persistence._record_path(self._persistence._metadata_path, self._persistence._get_key(path)))
        temporary = self._persistence.path / "accepted_record"
        with open(temporary, "w") as stream:
            json.dump(dict(record.items()), stream)
            stream.flush()
            os.fsync(stream.fileno())
        shutil.copymode(final, temporary)
        temporary.replace(final)


@contextmanager
def records(snakefile: Path, config: dict[str, Any], targets: Sequence[str], *, conda: bool) -> Iterator[Records]:
    """The plan that `snakemake TARGETS` would make in the working directory. Runs nothing and prints nothing.

    `conda` is whether it would be called with `--sdm conda`. InputError when Snakemake cannot plan.
    """
    methods = {DeploymentMethod.CONDA} if conda else set()
    # the dry run of Snakemake keeps no log, and neither does this
    with SnakemakeApi(OutputSettings(dryrun=True, quiet={Quietness.ALL}, log_level_override=logging.ERROR)) as api:
        try:
            workflow_api = api.workflow(
                snakefile=snakefile,
                resource_settings=ResourceSettings(cores=os.cpu_count() or 1),
                config_settings=ConfigSettings(config=config),
                deployment_settings=DeploymentSettings(deployment_method=methods),
            )
            # an interrupted job counts as one to be run, as in profiles/default
            workflow_api.dag(DAGSettings(targets=set(targets), force_incomplete=True))
            workflow = workflow_api._workflow
            workflow._prepare_dag(forceall=False, ignore_incomplete=False, lock_warn_only=False)
            workflow._build_dag()
        except (WorkflowError, RuleException) as error:
            raise InputError("snakemake", str(error) or type(error).__name__) from None
        yield Records(workflow)


def _code(job: Any) -> str | None:
    found = job.params.get("code")
    return found if isinstance(found, str) else None


def _record(found: MetadataRecord | None) -> Record | None:
    if found is None:
        return None
    return Record(
        rule=found.rule or "",
        params=tuple(found.params or ()),
        template=found.code or "",
        command=found.shellcmd or "",
        inputs=tuple(found.input or ()),
        run=found.job_hash or 0,
        ended=found.endtime or 0.0,
        software=found.software_stack_hash or "",
        current=found.record_format_version == RECORD_FORMAT_VERSION,
    )
