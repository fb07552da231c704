"""The files that an experiment's results stand on and consist of, each by its contents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hat.errors import InputError, InputErrors
from hat.files import JsonFile, file_digest, read_yaml
from hat.progress import Progress

from hat_workflow import paths, settings
from hat_workflow.experiment import Experiment

ROLLING = Path(paths.ROLLING).name
"""What lies among results and does not last."""


def inputs(asked: Experiment) -> list[Path]:
    """The configuration files of an experiment, and its corpora as they were fetched or generated."""
    named = {path for files in asked.files.values() for path, _ in files.values()}
    given = {settings.find("architecture", model.given) for model in _models(asked) if model.given is not None}
    corpora = (Path(paths.RAW.format(corpus=corpus)) for corpus in asked.files["corpus"])
    return sorted(
        {
            settings.find("experiment", asked.file),
            *named,
            *given,
            *(path for folder in corpora for path in _below(folder)),
        }
    )


def outputs(asked: Experiment) -> list[Path]:
    """Everything that an experiment made and that lasts, its corpora included."""
    tasks = (Path(paths.TASK.format(experiment=asked.name, task=task)) for task in asked.tasks)
    corpora = (Path(paths.CORPUS.format(corpus=corpus)) for corpus in asked.files["corpus"])
    folders = [*tasks, Path(paths.PAPER.format(experiment=asked.name)), *corpora]
    raw = Path(paths.RAW).name
    return sorted(path for folder in folders for path in _below(folder) if raw not in path.parts)


def digests(files: Iterable[Path]) -> dict[str, str]:
    """SHA-256 of each file by its path."""
    listed = list(files)
    progress = Progress("hashing", len(listed), unit="files")
    found = {}
    for path in listed:
        found[known_as(path)] = file_digest(path)
        progress.step()
    return found


def known_as(path: Path) -> str:
    """A path from the folder in which Snakemake runs, if it is below that."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path)


def verify(record: Path) -> int:
    """Compute the hashes of a record again; how many agree. InputErrors name each file that is gone or differs."""
    content = JsonFile(record)
    known: dict[str, Any] = {**content["inputs"], **content["outputs"]}
    faults = [InputError(path, "is gone", "the file that was recorded") for path in known if not Path(path).exists()]
    for path, digest in digests(Path(path) for path in known if Path(path).exists()).items():
        if digest != known[path]:
            faults.append(InputError(path, "is not as it was recorded", f"SHA-256 {known[path]}"))
    if faults:
        raise InputErrors(faults)
    return len(known)


def _models(asked: Experiment) -> Iterator[Any]:
    return (model for models in asked.models.values() for model in models.values())


def _below(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and ROLLING not in path.parts)


def software_version() -> str:
    """That of this software: CITATION.cff has it."""
    return str(read_yaml(settings.ROOT / "CITATION.cff")["version"])
