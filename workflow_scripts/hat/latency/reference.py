"""What the samples of a device say about its speed: signature.json, written beside them."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Self

from hat.files import JsonFile, write_json
from hat.latency.signature import Signature


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The device's own speed, to which every latency on it is brought."""

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
            signature=Signature.from_dict(record["signature"], path),
            samples=int(record.number("samples")),
            drifted=int(record.number("drifted")),
            anchor_ms=record.number("anchor_ms"),
        )
