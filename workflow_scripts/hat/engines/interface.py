"""What an inference engine offers: encode one sentence, then step a decoder that holds several rows."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


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
