"""The device's end of timing from afar: it is told what to time in JSON, a line each, and answers a line each.

A line with an anchor says how: device, workload, protocol and anchor; the answer repeats it, with the signature of this
machine. Any other line is an architecture; the answer is its raw latency. What is wrong is answered as {"error": ...}.
It runs from an archive of the modules that it imports (`hat_workflow.kit`), without the rest: on what it is told on
standard input or, if the archive holds lines of its own, on those.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from hat.architecture import SubTransformer
from hat.engines.interface import Device
from hat.errors import InputError
from hat.files import write_text
from hat.latency.protocol import Bench, Protocol, Workload
from hat.latency.signature import Signature, common_signature
from hat.progress import Progress, say

LINES = "lines.jsonl"
"""What an archive is told that runs by itself."""
ANSWERS = "measured.jsonl"
"""Where such an archive writes its answers, in the working directory."""
MOVE_AWAY = "move it away, and start once more"


def setting(device: Device, workload: Workload, protocol: Protocol, anchor: SubTransformer) -> dict[str, Any]:
    """How to time, as a line says it."""
    parts = {"device": asdict(device), "workload": asdict(workload), "protocol": asdict(protocol)}
    return {**parts, "anchor": anchor.to_dict()}


def answers(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The answer to each line of a conversation."""
    bench: Bench | None = None
    for line in lines:
        try:
            told = json.loads(line)
            if "anchor" in told:
                bench = _bench(told)
                yield {"setting": told, "signature": bench.signature.to_dict()}
            elif bench is None:
                raise InputError("line", "an architecture before how to time", "a line with an anchor first")
            else:
                sub = SubTransformer.from_dict(told)
                yield {"architecture": sub.key, "numbers": bench.measure(sub).numbers()}
        except InputError as error:
            yield {"error": str(error)}
        except ImportError as error:
            yield {"error": f"{error}: install it in the Python that times"}


def _bench(told: dict[str, Any]) -> Bench:
    return Bench(
        Device(**told["device"]),
        Workload(**told["workload"]),
        Protocol(**told["protocol"]),
        SubTransformer.from_dict(told["anchor"]),
    )


def signature_of(answer: dict[str, Any], commit: str | None) -> Signature:
    """The signature of the machine that answered, measuring with the code of this checkout."""
    return replace(Signature.from_dict(answer["signature"], "device"), commit=commit)


def checksum(lines: Iterable[str]) -> str:
    """SHA-256 of answers, a line each."""
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def by_hand(lines: list[str], output: Path) -> None:
    """Answer all `lines` in the file `output`, whose last line is a checksum of the others.

    A run that was killed goes on, and a longer list goes on where a shorter one ended. InputError when something cannot
    be timed, or when `output` answers other lines or comes from another machine.
    """
    done = _answered(lines, output)
    settings = [line for line in done if "setting" in json.loads(line)][-1:]
    found = answers([*(json.dumps(json.loads(line)["setting"]) for line in settings), *lines[len(done) :]])
    for line, answer in zip(settings, found, strict=False):
        same = [signature_of(each, None) for each in (json.loads(line), _without_error(answer))]
        common_signature(same, [output, "this machine"])
    progress = Progress("measure", len(lines), unit="lines", done=len(done))
    write_text(output, "".join(f"{line}\n" for line in done))
    with open(output, "a", encoding="utf-8") as stream:
        for answer in found:
            done.append(json.dumps(_without_error(answer)))
            stream.write(done[-1] + "\n")
            stream.flush()
            os.fsync(stream.fileno())
            progress.step()
        stream.write(json.dumps({"sha256": checksum(done)}) + "\n")
    say(f"{output} is finished: bring it back")


def _answered(lines: list[str], output: Path) -> list[str]:
    """The answers that are there, without a checksum and without what a kill has torn."""
    done = output.read_text(encoding="utf-8").split("\n")[:-1] if output.exists() else []
    try:
        done = [line for line in done if "sha256" not in json.loads(line)]
    except ValueError:
        raise InputError(output, "damaged", MOVE_AWAY) from None
    for line, answer in zip(lines, map(json.loads, done), strict=False):
        told = json.loads(line)
        same = answer.get("setting") == told if "anchor" in told else answer.get("architecture") == _key(told)
        if not same:
            raise InputError(output, "answers another archive", MOVE_AWAY)
    return done[: len(lines)]


def _without_error(answer: dict[str, Any]) -> dict[str, Any]:
    if "error" in answer:
        raise InputError("device", answer["error"])
    return answer


def _key(architecture: dict[str, Any]) -> str:
    return SubTransformer.from_dict(architecture).key


def main() -> None:
    with zipfile.ZipFile(sys.argv[0]) as archive:
        own = archive.read(LINES).decode().splitlines() if LINES in archive.namelist() else []
    if own:
        try:
            by_hand(own, Path(ANSWERS))
        except InputError as error:
            sys.exit(f"error: {error}")
    for answer in answers(sys.stdin) if not own else ():
        print(json.dumps(answer), flush=True)
