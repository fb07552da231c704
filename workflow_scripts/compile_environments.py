"""Write the conda environments of envs/: what each needs, and whatever that asks for, at the versions of the lock."""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import requires
from pathlib import Path

from hat.errors import InputError
from hat.files import read_text, write_text
from hat_workflow import command, settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ENVS = settings.ROOT / "envs"
PIN = re.compile(r"^([\w.-]+)==(\S+)$", re.MULTILINE)


def main(args: argparse.Namespace) -> None:
    lock = {canonicalize_name(name): (name, pin) for name, pin in PIN.findall(read_text(args.lock))}
    wanted = tomllib.loads(read_text(args.direct))
    shared = wanted.pop("conda")
    for name, environment in wanted.items():
        conda = [*shared, *environment.get("conda", [])]
        python = next(package.split("=")[1] for package in conda if package.startswith("python="))
        known = closure(environment["pip"], lock, python)
        pins = [f"{lock[package][0]}=={lock[package][1]}" for package in sorted(known)]
        lines = [
            f"# {environment['says']}",
            "# Written by compile_environments.py from direct.toml and requirements.txt.",
            "channels: [conda-forge, nodefaults]",
            "dependencies:",
            *(f"  - {package}" for package in conda),
            "  - pip:",
            *(f"      - {pin}" for pin in pins),
        ]
        write_text(args.output / f"{name}.yaml", "\n".join(lines) + "\n")


def closure(names: Iterable[str], lock: dict[str, tuple[str, str]], python: str) -> set[str]:
    """`names` and all that they ask for under that Python, of what is locked and installed. InputError for others."""
    known: set[str] = set()
    waiting = [canonicalize_name(name) for name in names]
    target = {"python_version": python.rpartition(".")[0], "python_full_version": python, "extra": ""}
    while waiting:
        name = waiting.pop()
        if name in known:
            continue
        if name not in lock:
            raise InputError("requirements.txt", f"{name} is not locked", "a line for it")
        known.add(name)
        for requirement in map(Requirement, requires(name) or []):
            wanted = canonicalize_name(requirement.name)
            needed = requirement.marker is None or requirement.marker.evaluate(target)
            if needed and not wanted.startswith(("nvidia", "cuda", "triton")):  # torch pins its own, by its build
                waiting.append(wanted)
    return known


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--direct", type=Path, default=ENVS / "direct.toml", metavar="TOML", help="what each needs")
    p.add_argument("--lock", type=Path, default=settings.ROOT / "requirements.txt", metavar="TXT")
    p.add_argument("--output", type=Path, default=ENVS, metavar="FOLDER")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
