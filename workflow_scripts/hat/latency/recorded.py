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
from hat.latency.serve import checksum
from hat.latency.signature import Latency, Signature

OF_WORKLOAD = ("sentence_length", "source_vocabulary", "target_vocabulary")
OF_DEVICE = ("engine", "dtype", "threads")
"""What must be as it was when it was timed, beside the protocol, the anchor and the device's name."""


class RecordedBench:
    """What `hat.latency.protocol.Bench` does, from the answers of an archive that ran on the device."""

    def __init__(
        self, device: Device, workload: Workload, protocol: Protocol, anchor: SubTransformer, path: Path
    ) -> None:
        self.device, self.workload, self.protocol, self._path = device, workload, protocol, path
        wanted = {**protocol.signed(), "device": device.name, "anchor": anchor.key}
        wanted |= {name: getattr(workload, name) for name in OF_WORKLOAD}
        wanted |= {name: getattr(device, name) for name in OF_DEVICE}
        self._known: dict[str, dict[str, float]] = {}
        signatures: list[Signature] = []
        for answer in _answers(path):
            if "signature" in answer:
                signatures.append(Signature.from_dict(answer["signature"], path))
            elif all(getattr(signatures[-1], name) == value for name, value in wanted.items()):
                self._known[str(answer["architecture"])] = answer["numbers"]
        alike = [each for each in signatures if all(getattr(each, name) == value for name, value in wanted.items())]
        if not alike:
            told = ", ".join(f"{name} {value}" for name, value in wanted.items() if name != "anchor")
            raise InputError(path, f"nothing measured with {told}", "pack_device, and its archive on the device")
        self.signature = replace(alike[-1], commit=None)

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
