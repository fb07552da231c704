"""A device that was timed by hand: its latencies are looked up in the file that it brought back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from hat.architecture import SubTransformer
from hat.engines.interface import Device
from hat.errors import InputError
from hat.files import read_text
from hat.latency.protocol import Protocol, Workload
from hat.latency.serve import checksum, setting
from hat.latency.signature import Latency, Signature


class RecordedBench:
    """What `hat.latency.protocol.Bench` does, from the answers of an archive that ran on the device."""

    def __init__(
        self, device: Device, workload: Workload, protocol: Protocol, anchor: SubTransformer, path: Path
    ) -> None:
        self.device, self.workload, self.protocol, self._path = device, workload, protocol, path
        wanted = json.loads(json.dumps(setting(device, workload, protocol, anchor)))
        self._known: dict[str, dict[str, float]] = {}
        signatures: list[Signature] = []
        for answer in _answers(path):
            if "setting" in answer:
                alike = answer["setting"] == wanted
                signatures += [Signature.from_dict(answer["signature"], path)] if alike else []
            elif alike:
                self._known[str(answer["architecture"])] = answer["numbers"]
        if not signatures:
            parts = {**wanted["device"], **wanted["workload"], **wanted["protocol"]}
            told = ", ".join(f"{name} {value}" for name, value in parts.items())
            raise InputError(path, f"nothing measured with {told}", "pack_device, and its archive on the device")
        self.signature = replace(signatures[-1], commit=None)

    def measure(self, sub: SubTransformer) -> Latency:
        """The raw latency of `sub`. InputError when the device did not time it."""
        if sub.key not in self._known:
            raise InputError(self._path, f"{sub.key} was not measured", "pack_device once more, for what is new")
        return Latency.from_numbers(self._known[sub.key], self.signature)


def _answers(path: Path) -> list[dict[str, Any]]:
    """The answers of a finished file. InputError when it is not finished, or not as it was written."""
    *lines, last = [*read_text(path).splitlines(), ""][:-1] or [""]
    try:
        signed = json.loads(last).get("sha256")
        answers = [json.loads(line) for line in lines]
    except (ValueError, AttributeError):
        raise InputError(path, "not what an archive of pack_device wrote", "the whole file, unchanged") from None
    if signed is None:
        raise InputError(path, "not finished", "start the archive on the device once more: it goes on")
    if signed != checksum(lines):
        raise InputError(path, "other contents than its last line signs", "the whole file, unchanged")
    return answers
