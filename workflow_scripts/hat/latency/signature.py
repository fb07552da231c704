"""A latency and the signature that travels with it: a number without its signature does not exist."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from hat.errors import InputError
from hat.latency.doubt import is_doubtful

COMMIT = re.compile("[0-9a-f]{40}")


@dataclass(frozen=True, kw_only=True)
class Signature:
    """Everything a latency depends on besides the architecture.

    Samples join when all but `commit` agree. A single model may be timed in more `runs` than the samples of its device.
    """

    device: str
    engine: str
    engine_version: str
    processor: str
    dtype: str
    threads: int
    cores: int
    memory_gb: int
    beam: int
    sentence_length: int
    source_vocabulary: int
    target_vocabulary: int
    runs: int
    """At most: a latency tells how many it took."""
    dry_runs: int
    trim: float
    """Share of the runs dropped at each end before the mean is taken."""
    anchor: str
    """The architecture timed in turn with every other one, as its key (see `hat.latency.protocol`)."""
    commit: str | None
    """The checkout that measured, `-dirty` when it had changes; None outside a checkout."""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Any, place: str | os.PathLike[str] = "signature") -> Self:
        """The inverse of `to_dict`. InputError names `place` when a key is missing or unknown."""
        names = {field.name for field in fields(cls)}
        if not isinstance(record, dict) or set(record) != names:
            given = set(record) if isinstance(record, dict) else set()
            odd = ", ".join(sorted(names ^ given))
            raise InputError(place, f"not a latency signature: {odd} missing or unknown", ", ".join(sorted(names)))
        return cls(**record)


@dataclass(frozen=True, kw_only=True)
class Latency:
    """One SubTransformer's measured latency: encoder once, decoder once per target position with `beam` rows.

    A measurement is raw until `at` brings it to the speed of its device.
    """

    encoder_ms: float
    decoder_ms: float
    encoder_std_ms: float
    decoder_std_ms: float
    uncertainty_ms: float
    """Half the 95% interval of the anchored mean (`hat.latency.trimmed_mean.half_width`)."""
    p50_ms: float
    """Median over all runs of encoder plus decoder; `p90_ms` likewise, nothing trimmed."""
    p90_ms: float
    anchor_ms: float
    """What the anchor took in turn with it: the machine's speed at that moment."""
    drift: float = 1.0
    """That speed over the device's own: 1.2 is a machine that was 20% slower. 1 while the measurement is raw."""
    runs: int
    """Timed runs that it took."""
    signature: Signature

    def at(self, anchor_ms: float) -> Self:
        """The latency of a machine on which the anchor takes `anchor_ms`: every time is divided by the drift."""
        drift = self.anchor_ms / anchor_ms
        times = {name: getattr(self, name) * self.drift / drift for name in TIMES}
        return replace(self, **times, drift=drift)

    @property
    def latency_ms(self) -> float:
        """Trimmed mean of the encoder plus trimmed mean of the decoder."""
        return self.encoder_ms + self.decoder_ms

    def numbers(self) -> dict[str, float]:
        """The latency without its signature, in the order of the columns of samples.csv."""
        return {name: round(getattr(self, name), 6) for name in NUMBERS}

    def to_dict(self) -> dict[str, Any]:
        return {**self.numbers(), "doubtful": is_doubtful(self.numbers()), "signature": self.signature.to_dict()}

    @classmethod
    def from_numbers(cls, numbers: dict[str, float], signature: Signature) -> Self:
        """The inverse of `numbers`."""
        times = {name: numbers[name] for name in NUMBERS if name not in ("latency_ms", "runs")}
        return cls(**times, runs=int(numbers["runs"]), signature=signature)


NUMBERS = (
    "encoder_ms",
    "decoder_ms",
    "latency_ms",
    "encoder_std_ms",
    "decoder_std_ms",
    "uncertainty_ms",
    "p50_ms",
    "p90_ms",
    "anchor_ms",
    "drift",
    "runs",
)
TIMES = ("encoder_ms", "decoder_ms", "encoder_std_ms", "decoder_std_ms", "uncertainty_ms", "p50_ms", "p90_ms")


def common_signature(signatures: Sequence[Signature], places: Sequence[str | os.PathLike[str]]) -> Signature:
    """The one signature of measurements that are to be compared. InputError names the first place that differs.

    Measurements of different commits compare; their commits are joined by commas.
    """
    first = signatures[0]
    for signature, place in zip(signatures, places, strict=True):
        for name, value in signature.to_dict().items():
            expected = getattr(first, name)
            if name != "commit" and value != expected:
                raise InputError(
                    place, f"{name} is {value!r}, but {expected!r} in {places[0]}", "one signature for all"
                )
    commits = sorted({signature.commit for signature in signatures if signature.commit})
    return replace(first, commit=",".join(commits) or None)


def checkout_commit(folder: Path = Path(__file__).parents[3]) -> str | None:
    """The commit of the checkout `folder`, `-dirty` when tracked files have changes.

    A copy without git knows what `git archive` wrote into it, or nothing: a repository around it is another project's.
    """
    exported = folder / "workflow_scripts" / "commit.txt"
    if exported.is_file() and COMMIT.fullmatch(written := exported.read_text().strip()):
        return written
    if _git(folder, "rev-parse", "--show-prefix") != "":
        return None
    return _git(folder, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*") or None


def _git(folder: Path, *words: str) -> str | None:
    """What git says, None where it or the folder's repository is missing."""
    try:
        answer = subprocess.run(["git", "-C", folder, *words], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None
