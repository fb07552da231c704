"""What an experiment wants to be timed on a device, and how."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hat.architecture import DesignSpace
from hat.engines.interface import Device
from hat.latency.anchor import anchor
from hat.latency.comparing import comparison
from hat.latency.protocol import Protocol, Workload
from hat.latency.serve import setting

from hat_workflow import paths, settings
from hat_workflow.arguments import timing
from hat_workflow.experiment import Experiment


def space(asked: Experiment, task: str) -> DesignSpace:
    name = asked.tasks[task]["space"]
    return settings.as_design_space(asked.files["space"][name][1], name)


def how(asked: Experiment, task: str, device: str, protocol: Protocol) -> dict[str, Any]:
    """The setting for the task's models, as an archive takes it. InputError without its binarised corpus."""
    return setting(*_machine(asked, task, device), protocol, anchor(space(asked, task)))


def engines(asked: Experiment, device: str, dtypes: Sequence[str] = ()) -> dict[str, Any]:
    """What to compare engines with: models of the first task. InputError as `how`."""
    task = next(iter(asked.tasks))
    return comparison(*_machine(asked, task, device), space(asked, task), dtypes)


def _machine(asked: Experiment, task: str, device: str) -> tuple[Device, Workload]:
    wanted = asked.tasks[task]
    statistics = Path(paths.STATISTICS.format(corpus=wanted["corpus"]))
    workload = Workload.from_statistics(statistics, wanted["sentence_length"])
    return timing.described(device, asked.files["device"][device][1]), workload
