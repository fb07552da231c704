"""The device's end of timing from afar: it is told what to time in JSON, a line each, and answers a line each.

A line with an anchor says how: device, workload, protocol and anchor; the answer repeats it, with the signature of this
machine. A line of `hat.latency.comparing` is answered by it. Any other line is an architecture; the answer is its raw
latency. What is wrong is answered as {"error": ...}.

It runs from an archive of the modules that it imports (`hat_workflow.kit`), without the rest: on what it is told on
standard input or, if the archive holds lines of its own, on those.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain, islice
from pathlib import Path
from statistics import median
from typing import Any

from hat.architecture import SubTransformer
from hat.engines.factory import DTYPES
from hat.engines.interface import Device
from hat.errors import InputError, package
from hat.files import write_json, write_text
from hat.latency.comparing import COMPARED, compare, report
from hat.latency.doubt import is_doubtful
from hat.latency.protocol import Bench, Protocol, Workload
from hat.latency.signature import NUMBERS, Signature, common_signature
from hat.progress import Progress, say

LINES = "lines.jsonl"
"""What an archive is told that runs by itself."""
COMPARISON = "comparison.json"
"""What such an archive compares when it is asked to."""
ANSWERS = "measured.jsonl"
INTERRUPTED = 130
"""Where such an archive writes its answers, in the working directory."""
MOVE_AWAY = "move it away, and start once more"


def setting(device: Device, workload: Workload, protocol: Protocol, anchor: SubTransformer) -> dict[str, Any]:
    """How to time, as a line says it."""
    parts = {"device": asdict(device), "workload": asdict(workload), "protocol": asdict(protocol)}
    return {**parts, "anchor": anchor.to_dict()}


def setting_key(told: dict[str, Any]) -> str:
    """What tells one setting from another."""
    return json.dumps(told, sort_keys=True)


def answers(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The answer to each line of a conversation."""
    bench: Bench | None = None
    for line in lines:
        try:
            told = json.loads(line)
            if "compared" in told:
                yield compare(told)
            elif "anchor" in told:
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
            yield {"error": f"{error}: pip install {package(error.name)}"}


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


@dataclass
class Series:
    """What was measured with one setting."""

    signature: Signature
    numbers: dict[str, dict[str, float]]
    """By the architecture's key."""

    def doubtful(self) -> set[str]:
        """Those that were timed on a machine that was busy, or far from its usual speed."""
        usual_ms = median(numbers["anchor_ms"] for numbers in self.numbers.values()) if self.numbers else 0.0
        return {
            key
            for key, numbers in self.numbers.items()
            if is_doubtful({**numbers, "drift": numbers["anchor_ms"] / usual_ms})
        }


def series(answered: Iterable[dict[str, Any]], place: Path) -> dict[str, Series]:
    """What answers tell, by `setting_key`, whatever archives they are from. ValueError when they are no answers.

    What lacks a number that is measured today does not count.
    """
    found: dict[str, Series] = {}
    key = ""
    try:
        for answer in answered:
            if "setting" in answer:
                key = setting_key(answer["setting"])
                found.setdefault(key, Series(Signature.from_dict(answer["signature"], place), {}))
            elif set(NUMBERS) <= set(numbers := answer["numbers"]):
                if not all(0 <= numbers[name] < math.inf for name in NUMBERS) or numbers["anchor_ms"] == 0:
                    raise ValueError("no times")
                found[key].numbers[answer["architecture"]] = numbers
    except (LookupError, TypeError):
        raise ValueError("no answers") from None
    return found


def by_hand(lines: list[str], output: Path) -> None:
    """Have all `lines` answered in the file `output`, whose last line is a checksum of the others.

    What stands there already is not timed again unless it is doubtful: a run that was killed goes on, and another
    archive times what is new to it. InputError when something cannot be timed, or when `output` comes from another
    machine.
    """
    done = _answered(output)
    try:
        known = series(map(json.loads, done), output)
    except (ValueError, RecursionError):
        raise InputError(output, "damaged", MOVE_AWAY) from None
    asked = [*map(json.loads, lines)]
    left = _left(asked, known)
    progress = Progress("measure", len(asked), unit="lines", done=len(asked) - len(left))
    found = _from_this_machine(answers(map(json.dumps, left)), [each.signature for each in known.values()], output)
    first = [*islice(found, 1)]  # before the file is touched
    write_text(output, "".join(f"{line}\n" for line in done))
    with open(output, "a", encoding="utf-8") as stream:
        for answer in chain(first, found):
            done.append(json.dumps(answer))
            stream.write(done[-1] + "\n")
            stream.flush()
            os.fsync(stream.fileno())
            progress.step()
        stream.write(json.dumps({"sha256": checksum(done)}) + "\n")
    doubts = sum(len(each.doubtful()) for each in series(map(json.loads, done), output).values())
    later = f"; {doubts} latencies are those of a busy machine: started once more, the archive times them again"
    say(f"{output} is finished: bring it back{later if doubts else ''}")


def _left(asked: Iterable[dict[str, Any]], known: Mapping[str, Series]) -> list[dict[str, Any]]:
    """Of what an archive asks, what is not measured yet, or doubtful: the architectures, each behind its setting."""
    left: list[dict[str, Any]] = []
    for told in asked:
        if "anchor" in told:
            before, setting = known.get(setting_key(told)), [told]
            good = {*before.numbers} - before.doubtful() if before else set()
        elif SubTransformer.from_dict(told).key not in good:
            left += [*setting, told]
            setting = []
    return left


def _from_this_machine(
    found: Iterable[dict[str, Any]], before: Sequence[Signature], place: Path
) -> Iterator[dict[str, Any]]:
    """The answers. InputError when one is an error, or not of the machine, with its runtime, that measured `before`."""
    for answer in found:
        if "error" in answer:
            raise InputError("device", answer["error"])
        if "setting" in answer:
            here = signature_of(answer, None)
            for each in before:
                if each.engine == here.engine:
                    now = replace(each, processor=here.processor, engine_version=here.engine_version)
                    common_signature([each, now], [place, "this machine"])
        yield answer


def _answered(output: Path) -> list[str]:
    """The answers that are there, without a checksum and without what a kill has torn."""
    done = output.read_text(encoding="utf-8").split("\n")[:-1] if output.exists() else []
    return [line for line in done if not line.startswith('{"sha256"')]


def main() -> None:
    with zipfile.ZipFile(sys.argv[0]) as archive:
        own = {name: archive.read(name).decode() for name in {LINES, COMPARISON} & {*archive.namelist()}}
    if own:
        try:
            _by_itself(own, sys.argv[1:])
        except InputError as error:
            sys.exit(f"error: {error}")
        except KeyboardInterrupt:
            say("stopped; the same command goes on")
            sys.exit(INTERRUPTED)
    for answer in answers(sys.stdin) if not own else ():
        print(json.dumps(answer), flush=True)


def _by_itself(own: Mapping[str, str], words: list[str]) -> None:
    """Time what the archive holds or, with --compare and further number formats, compare engines. Else InputError."""
    match words:
        case []:
            by_hand(own[LINES].splitlines(), Path(ANSWERS))
        case ["--compare", *dtypes] if set(dtypes) <= set(DTYPES):
            found = compare(json.loads(own[COMPARISON]) | {"dtypes": dtypes})
            write_json(COMPARED, found)
            say("\n".join(report(found)))
        case ["-h" | "--help"]:
            print(f"usage: {sys.argv[0]} [--compare [{{{','.join(DTYPES)}}} ...]]")
            print(f"Time models on this device into {ANSWERS}, or compare engines into {COMPARED}.")
        case _:
            raise InputError("arguments", " ".join(words), f"none, or --compare and any of {', '.join(DTYPES)}")
