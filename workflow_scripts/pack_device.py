"""Pack an archive that times, on a device that ssh does not reach, all that an experiment wants to know of it so far.

On the device: `python3 kit.pyz` (Python 3.11 or later, numpy, PyYAML and the engine's runtime). It goes on where it was
killed, and writes measured.jsonl. Bring that file back and name it in the device file: `measured: measured.jsonl`. Once
searches have found candidates, pack again: what is new is timed then. `python3 kit.pyz --compare` compares engines.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hat.architecture import SubTransformer
from hat.files import replacing
from hat.latency.choosing import choose_samples
from hat.latency.protocol import Protocol
from hat.progress import say
from hat.search.tables import read_candidates
from hat_workflow import command, experiment, measuring, paths, settings
from hat_workflow.experiment import Experiment
from hat_workflow.kit import kit_by_hand
from hat_workflow.studies import MEASURED


def main(args: argparse.Namespace) -> None:
    asked = experiment.read(args.experiment, device=args.device)
    name = settings.find("device", args.device).stem
    lines = [line for of in (_samples, _found) for task in asked.tasks for line in of(asked, task, name)]
    archive = kit_by_hand(asked.files["device"][name][1]["engine"], lines, measuring.engines(asked, name))
    with replacing(args.output) as temporary:
        temporary.write_bytes(archive)
    say(f"{args.output}: {len(lines)} lines to time; on the device: python3 {args.output.name} [--compare]")


def _samples(asked: Experiment, task: str, device: str) -> Iterator[dict[str, Any]]:
    """How to time the task's samples, and their architectures."""
    wanted, space = asked.tasks[task]["latency"], measuring.space(asked, task)
    yield measuring.how(asked, task, device, Protocol(runs=wanted["runs"], precision=wanted["precision"]))
    yield from (sub.to_dict() for sub in choose_samples(space, asked.settings["seed"], wanted["samples"]))


def _found(asked: Experiment, task: str, device: str) -> Iterator[dict[str, Any]]:
    """How to time models, and the architectures that searches and models have so far."""
    found = dict.fromkeys(_models(asked, {"experiment": asked.name, "task": task, "device": device}))
    if found:
        yield measuring.how(asked, task, device, Protocol(runs=asked.tasks[task]["measurement"]["runs"]))
        yield from (sub.to_dict() for sub in found)


def _models(asked: Experiment, known: dict[str, str]) -> Iterator[SubTransformer]:
    """The architectures of models whose latency is asked for, and the best candidates, as far as they are there."""
    for model in asked.measured_on(known["task"], known["device"]):
        path = Path(model.architecture.format(**known))
        if path.exists() and not model.is_rival:
            yield SubTransformer.load(path)
    for budget in asked.budgets(known["task"], known["device"]):
        path = Path(paths.CANDIDATES.format(**known, budget=budget))
        if path.exists():
            yield from (candidate.sub for candidate in read_candidates(path)[:MEASURED])


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--experiment", required=True, help="experiment: its name or its file")
    p.add_argument("--device", required=True, help="device: a name or a .yaml file")
    p.add_argument("--output", type=Path, default=Path("kit.pyz"), metavar="PYZ", help="archive (default: %(default)s)")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
