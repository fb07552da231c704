"""The signature of a device (signature.json): what its latencies depend on, and the speed that they are brought to."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Self

from hat.errors import InputError
from hat.files import JsonFile, write_json
from hat.latency.doubt import DRIFT_APART, FEWEST_RUNS
from hat.latency.signature import Latency, Signature


@dataclass(frozen=True, kw_only=True)
class DeviceSignature:
    """What the latencies of a task on a device share. Each is brought to the device's own speed."""

    task: str | None = None
    """None in files of before."""
    signature: Signature
    anchor_ms: float
    """What the anchor of the signature takes at the device's own speed."""
    place: str = field(default="signature.json", compare=False)
    """The file, for errors."""

    def save(self, path: str | os.PathLike[str]) -> None:
        known = {"task": self.task, "device": self.signature.device}
        write_json(path, {**known, "signature": self.signature.to_dict(), "anchor_ms": self.anchor_ms})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The inverse of `save`. InputError when `path` is no such file."""
        record = JsonFile(path)
        return cls(
            task=record.get("task"),
            signature=Signature.from_dict(record["signature"], path),
            anchor_ms=record.positive("anchor_ms"),
            place=str(path),
        )

    def at_own_speed(self, latency: Latency) -> Latency:
        """The latency as if the anchor had taken `anchor_ms` beside it. InputError as `check`."""
        self.check(latency.anchor_ms)
        return latency.at(self.anchor_ms)

    def check(self, anchor_ms: float) -> None:
        """InputError when the anchor is so fast today that the device was busy when its own speed was measured."""
        if self.signature.runs >= FEWEST_RUNS and anchor_ms * DRIFT_APART < self.anchor_ms:
            raise InputError(
                self.place,
                f"the anchor took {self.anchor_ms:.2f} ms on a busy machine, it takes {anchor_ms:.2f} ms now",
                "delete this file, and start once more: what was timed for the samples stays",
            )
