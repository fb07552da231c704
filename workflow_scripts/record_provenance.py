"""Write down how the results of an experiment came about: provenance.json, and from it a Workflow Run RO-Crate."""

from __future__ import annotations

import argparse
import os
import platform
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from hat.engines.interface import cpu_name
from hat.errors import InputError
from hat.files import write_json
from hat.latency.signature import checkout_commit
from hat_workflow import command, experiment, settings
from hat_workflow.experiment import Experiment
from hat_workflow.hours import hours
from hat_workflow.inventory import digests, inputs, known_as, outputs, software_version
from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

PROFILES = (
    "https://w3id.org/ro/wfrun/process/0.5",
    "https://w3id.org/ro/wfrun/workflow/0.5",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
)
NAMED = ("snakemake", "torch", "fairseq-fixed", "sacrebleu", "pandas", "scikit-learn", "matplotlib")


def main(args: argparse.Namespace) -> None:
    asked = experiment.read(args.experiment)
    made = outputs(asked)
    if not made:
        raise InputError(args.output, "the experiment has no results yet", "a finished run")
    record = provenance(asked, digests(inputs(asked)), digests(made), args.benchmarks)
    write_json(args.output, record)
    write_crate(args.output.parent, record)
    print(f"{len(record['inputs'])} inputs and {len(made)} outputs: {args.output}")


def provenance(asked: Experiment, read: dict[str, str], written: dict[str, str], benchmarks: Path) -> dict[str, Any]:
    """What provenance.json says."""
    times = [Path(path).stat().st_mtime for path in written]
    return {
        "experiment": asked.name,
        "file": asked.file,
        "version": software_version(),
        "commit": checkout_commit(settings.ROOT),
        "recorded": datetime.now(UTC).isoformat(timespec="seconds"),
        "started": _time(min(times)),
        "ended": _time(max(times)),
        "recorded_on": {"processor": cpu_name(), "cores": os.cpu_count(), "system": platform.platform()},
        "software": {"python": platform.python_version(), **_versions()},
        "hours": hours(benchmarks, asked),
        "inputs": read,
        "outputs": written,
    }


def write_crate(folder: Path, record: dict[str, Any]) -> None:
    """ro-crate-metadata.json in `folder`, with the workflow and the experiment beside it; files elsewhere are named."""
    crate = ROCrate()
    crate.name = f"HAT: {record['experiment']}"
    crate.description = f"Results of the experiment {record['experiment']} of HAT as a pipeline {record['version']}"
    crate.license = "MIT"
    profiles = [crate.add(ContextEntity(crate, url, properties={"@type": "CreativeWork"})) for url in PROFILES]
    crate.root_dataset["conformsTo"] = profiles
    asked = settings.find("experiment", record["file"])
    for source in (settings.ROOT / "Snakefile", asked):
        (folder / source.name).write_bytes(source.read_bytes())
    workflow = crate.add_workflow(folder / "Snakefile", "Snakefile", main=True, lang="snakemake")
    workflow["version"] = record["commit"] or record["version"]
    named = {known_as(asked): crate.add_file(folder / asked.name, asked.name)}
    for path, digest in {**record["inputs"], **record["outputs"]}.items():
        if path not in named:
            named[path] = _file(crate, folder, Path(path), digest)
    crate.add_action(
        workflow,
        object=[named[path] for path in record["inputs"]],
        result=[named[path] for path in record["outputs"]],
        properties={
            "name": record["experiment"],
            "startTime": record["started"],
            "endTime": record["ended"],
            "actionStatus": "http://schema.org/CompletedActionStatus",
        },
    )
    crate.metadata.write(folder)


def _file(crate: ROCrate, folder: Path, path: Path, digest: str) -> Any:
    """A file of the crate; what lies outside of its folder is known by its checksum alone."""
    facts = {"sha256": digest, "contentSize": str(path.stat().st_size)}
    if path.is_relative_to(folder):
        return crate.add_file(path, path.relative_to(folder).as_posix(), properties=facts)
    return crate.add(ContextEntity(crate, f"#{path}", properties={"@type": "MediaObject", "name": str(path), **facts}))


def _versions() -> dict[str, str]:
    found = {}
    for name in NAMED:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--experiment", required=True, help="experiment: its name or its file")
    p.add_argument("--benchmarks", type=Path, default=Path("benchmarks"), metavar="FOLDER", help="what jobs took")
    p.add_argument("--output", type=Path, required=True, metavar="JSON", help="output; the crate is written beside it")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
