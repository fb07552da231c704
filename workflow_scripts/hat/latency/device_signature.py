"""The signature of a device's samples (signature.json): how they were measured, and the device's own speed."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Self

from hat.files import JsonFile, write_json
from hat.latency.signature import Signature


@dataclass(frozen=True, kw_only=True)
class DeviceSignature:
    """What the samples of a device share. Every latency on the device is brought to its own speed."""

    task: str | None = None
    """None in files of before."""
    device: str | None = None
    """Its name in the experiment, likewise."""
    signature: Signature
    samples: int
    drifted: int
    """How many of the samples were measured while the machine's speed was clearly off."""
    anchor_ms: float
    """What the anchor of the signature takes at the device's own speed."""

    def save(self, path: str | os.PathLike[str]) -> None:
        write_json(path, asdict(self))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The inverse of `save`. InputError when `path` is no such file."""
        record = JsonFile(path)
        return cls(
            task=record.get("task"),
            device=record.get("device"),
            signature=Signature.from_dict(record["signature"], path),
            samples=int(record.number("samples")),
            drifted=int(record.number("drifted")),
            anchor_ms=record.number("anchor_ms"),
        )
