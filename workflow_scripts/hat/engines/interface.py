"""What an inference engine offers: encode one sentence, then step a decoder that holds several rows."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from hat.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Device:
    """A machine as an experiment names it, and how models run on it."""

    name: str
    engine: str = "torch_eager"
    processor: str = "cpu"
    """cpu or cuda"""
    threads: int = 1
    dtype: str = "float32"


@dataclass(frozen=True, kw_only=True)
class Vocabularies:
    """The sizes of a task's vocabularies, and whether source, target and output share one embedding table."""

    source_vocabulary: int
    target_vocabulary: int
    share_embeddings: bool


@dataclass(frozen=True, kw_only=True)
class EngineFacts:
    """What of an engine a latency depends on: part of each measurement's signature."""

    engine: str
    engine_version: str
    processor: str
    """The processor's own name, such as its maker and model."""
    dtype: str
    threads: int
    cores: int
    """Of the machine, as its operating system counts them."""
    memory_gb: int
    """Of the machine, rounded."""

    @classmethod
    def of(cls, device: Device, *, version: str, processor: str) -> Self:
        """Those of an engine of this version on this machine. InputError: more threads than the machine has cores."""
        cores = os.cpu_count() or 1
        if device.threads > cores:
            raise InputError(f"device {device.name}", f"threads: {device.threads} on {cores} cores", f"at most {cores}")
        return cls(
            engine=device.engine,
            engine_version=version,
            processor=processor,
            dtype=device.dtype,
            threads=device.threads,
            cores=cores,
            memory_gb=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        )


class Engine(Protocol):
    """One model, loaded for inference. Arrays and states are the engine's own; work may be asynchronous."""

    def tokens(self, ids: Sequence[int]) -> Any:
        """Token ids as an array on the engine's processor."""

    def encode(self, source: Any) -> Any:
        """Encode one sentence, source (S,)."""

    def start(self, encoded: Any, rows: int) -> Any:
        """The decoder's state before its first step, with `rows` hypotheses of the sentence."""

    def step(self, tokens: Any, state: Any) -> Any:
        """The next token of each row (R,) -> logits (R, V); `state` advances in place."""

    def synchronise(self) -> None:
        """Wait until all work handed to the processor is done."""


def cpu_name() -> str:
    """The CPU's own name, as far as the operating system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    numbers = [named[key] for key in ("CPU implementer", "CPU part") if key in named]  # ARM's have no other name
    known = named.get("model name") or named.get("Model") or (numbers and " ".join([platform.machine(), *numbers]))
    return known or platform.processor() or platform.machine()
