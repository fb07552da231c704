"""Where a device is timed: here, on a host that ssh reaches, or by an archive that was carried there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hat.errors import InputError
from hat.files import digest


def check_where(record: Mapping[str, Any], place: str) -> None:
    """InputError, naming `place`, when the contents of a device file name two ways of timing it."""
    if record["ssh"] and record["measured"]:
        raise InputError(place, "both ssh and measured", "one of them: where it is timed")


def where(record: Mapping[str, Any]) -> str:
    """By the contents of a device file, where it is timed, as text; nothing for this machine.

    What was brought back counts as far as its beginning tells: later archives only add to it.
    """
    if record["measured"]:
        return f" measured {_beginning(Path(record['measured']))}"
    return f" on {record['ssh']['host']}" if record["ssh"] else ""


def _beginning(file: Path) -> str:
    """A hash of the first two lines of a file that only grows; nothing where no file is."""
    if not file.is_file():
        return ""
    with open(file, encoding="utf-8", errors="replace") as stream:
        return digest([stream.readline(), stream.readline()])
