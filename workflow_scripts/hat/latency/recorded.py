"""A device that was timed by hand: its latencies are looked up in the file that it brought back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from hat.architecture import SubTransformer
from hat.engines.interface import Device
from hat.errors import InputError
from hat.files import read_text
from hat.latency.protocol import Protocol, Workload
from hat.latency.serve import Series, checksum, series, setting, setting_key
from hat.latency.signature import Latency


class RecordedBench:
    """What `hat.latency.protocol.Bench` does, from the answers of an archive that ran on the device."""

    def __init__(
        self, device: Device, workload: Workload, protocol: Protocol, anchor: SubTransformer, path: Path
    ) -> None:
        self.device, self.workload, self.protocol, self._path = device, workload, protocol, path
        wanted = setting(device, workload, protocol, anchor)
        found = _measured(path).get(setting_key(wanted))
        if found is None:
            parts = {**wanted["device"], **wanted["workload"], **wanted["protocol"]}
            told = ", ".join(f"{name} {value}" for name, value in parts.items())
            raise InputError(path, f"nothing measured with {told}", "pack_device, and its archive on the device")
        self._known, self.signature = found.numbers, replace(found.signature, commit=None)

    def measure(self, sub: SubTransformer) -> Latency:
        """The raw latency of `sub`. InputError when the device did not time it."""
        if sub.key not in self._known:
            raise InputError(self._path, f"{sub.key} was not measured", "pack_device once more, for what is new")
        return Latency.from_numbers(self._known[sub.key], self.signature)

    def everything(self) -> list[Latency]:
        """All raw latencies that the device timed so. InputError when there are none."""
        if not self._known:
            raise InputError(self._path, "nothing measured", "pack_device, and its archive on the device")
        return [Latency.from_numbers(numbers, self.signature) for numbers in self._known.values()]


def _measured(path: Path) -> dict[str, Series]:
    """What a finished file tells. InputError when it is not finished, or not as it was written."""
    if not path.is_file():
        raise InputError(path.absolute(), "no such file", "what an archive of pack_device wrote on the device")
    *lines, last = [*read_text(path).splitlines(), ""][:-1] or [""]
    try:
        signed = json.loads(last).get("sha256")
        found = series(map(json.loads, lines), path)
    except (ValueError, AttributeError, RecursionError):
        raise InputError(path, "not what an archive of pack_device wrote", "the whole file, unchanged") from None
    if signed is None:
        raise InputError(path, "not finished", "start the archive on the device once more: it goes on")
    if signed != checksum(lines):
        raise InputError(path, "other contents than its last line signs", "the whole file, unchanged")
    return found
