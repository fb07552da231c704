"""The timing protocol (HAT, section 3.3; protocol facts of the released code): one dummy sentence of the task's length.

The encoder runs it with batch 1. The decoder, with one row per beam hypothesis, takes one incremental step per target
position, from the projection of cross-attention keys and values to the logits over the vocabulary. Bookkeeping of a
beam search is not timed.

Machines change their speed: clocks, heat, neighbours. So every run of a model is followed by a run of an anchor, one
architecture that is the same for all measurements of a device. What the anchor took tells how fast the machine was
just then, and `Latency.at` brings the measurement to the device's own speed. docs/benchmarks.md says what that gains.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hat.architecture import SubTransformer
from hat.engines.factory import PAPER_BEAM, create_engine, engine_facts
from hat.engines.interface import Device, Engine, Vocabularies
from hat.errors import InputError
from hat.files import JsonFile
from hat.latency.busy import machine_to_itself
from hat.latency.signature import Latency, Signature, checkout_commit
from hat.latency.trimmed_mean import half_width, trimmed
from hat.progress import Progress

EOS, WORD = 2, 4
PAPER_RUNS = 300
PAPER_DRY_RUNS = 5
PAPER_TRIM = 0.1
FEWEST_RUNS = 5
"""Before which no measurement is precise enough."""


@dataclass(frozen=True, kw_only=True)
class Workload(Vocabularies):
    """What of a task its models' latency depends on."""

    sentence_length: int
    """Tokens of source and of target, end of sentence included."""

    @classmethod
    def from_statistics(cls, path: str | os.PathLike[str], sentence_length: int | None = None) -> Workload:
        """The workload of a binarised corpus; `sentence_length` overrides the mean length of its test split."""
        record = JsonFile(path)
        workload = cls(
            source_vocabulary=int(record.number("source_vocabulary")),
            target_vocabulary=int(record.number("target_vocabulary")),
            share_embeddings=record["dictionary"] == "joint",
            sentence_length=sentence_length or int(record.number("sentence_length")),
        )
        if workload.sentence_length < 1 or min(workload.source_vocabulary, workload.target_vocabulary) <= WORD:
            raise InputError(path, f"nothing to time: {workload}", "a sentence length and vocabularies above zero")
        return workload


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """How often to run, and what to do with the times."""

    runs: int
    """At most."""
    dry_runs: int = PAPER_DRY_RUNS
    beam: int = PAPER_BEAM
    trim: float = PAPER_TRIM
    precision: float | None = None
    """Runs stop when the half width of the anchored mean's 95% interval is below this share of it; None: never early.
    A latency tells its runs, so this is no part of its signature."""

    def __post_init__(self) -> None:
        if self.runs < 2:
            raise InputError("runs", f"{self.runs}, which tells nothing of its own uncertainty", "at least 2")

    def signed(self) -> dict[str, Any]:
        """What a signature has of it."""
        facts = asdict(self)
        del facts["precision"]
        return facts


class Bench:
    """This machine, set up to time SubTransformers of one task as `device` describes it, in turn with `anchor`."""

    def __init__(self, device: Device, workload: Workload, protocol: Protocol, anchor: SubTransformer) -> None:
        self.device, self.workload, self.protocol = device, workload, protocol
        task = asdict(workload)
        del task["share_embeddings"]
        facts = {**asdict(engine_facts(device)), **task, **protocol.signed(), "anchor": anchor.key}
        self.signature = Signature(device=device.name, **facts, commit=checkout_commit())
        self._anchor = create_engine(anchor, workload, device, protocol.beam)

    def measure(self, sub: SubTransformer) -> Latency:
        """The raw latency of the dense model of `sub`, with random weights."""
        with machine_to_itself():
            return self._timed(create_engine(sub, self.workload, self.device, self.protocol.beam))

    def measure_engine(self, engine: Engine) -> Latency:
        """The raw latency of the model that an engine of this device holds, one with this workload's vocabularies."""
        with machine_to_itself():
            return self._timed(engine)

    def _timed(self, engine: Engine) -> Latency:
        return time_engine(engine, self._anchor, self.workload, self.protocol, self.signature)

    def measure_parts(self, encode: Callable[[], None], decode: Callable[[], None]) -> Latency:
        """The raw latency of a run whose two parts are given as functions; each is followed by a run of the anchor."""
        synchronise, facts = self._anchor.synchronise, (self.workload, self.protocol, self.signature)
        with machine_to_itself():
            return time_parts(encode, decode, synchronise, self._anchor, *facts)


class Sentence:
    """The dummy sentence on a loaded model: the two parts of a run."""

    def __init__(self, engine: Engine, workload: Workload, protocol: Protocol) -> None:
        self.engine, self.beam, self.length = engine, protocol.beam, workload.sentence_length
        self.source = engine.tokens([WORD] * (self.length - 1) + [EOS])
        self.previous = engine.tokens([WORD] * self.beam)
        self.encoded = engine.encode(self.source)

    def encode(self) -> None:
        self.encoded = self.engine.encode(self.source)

    def decode(self) -> None:
        state = self.engine.start(self.encoded, self.beam)
        for _ in range(self.length):
            self.engine.step(self.previous, state)

    def run(self) -> None:
        self.encode()
        self.decode()


def time_engine(
    engine: Engine, anchor: Engine, workload: Workload, protocol: Protocol, signature: Signature
) -> Latency:
    """The raw latency of a loaded model; each of its runs is followed by one of the loaded `anchor`."""
    model = Sentence(engine, workload, protocol)
    return time_parts(model.encode, model.decode, engine.synchronise, anchor, workload, protocol, signature)


def time_parts(
    encode: Callable[[], None],
    decode: Callable[[], None],
    synchronise: Callable[[], None],
    anchor: Engine,
    workload: Workload,
    protocol: Protocol,
    signature: Signature,
) -> Latency:
    """The raw latency of a run that calls `encode`, then `decode`; each run is followed by one of the loaded `anchor`.

    `synchronise` waits until the processor has done all its work.
    """
    other = Sentence(anchor, workload, protocol)
    work = (encode, decode, other.encode, other.decode)
    times = time_in_turn(work, synchronise, protocol)
    encoder, decoder, *anchored = times
    encoder_ms, encoder_std_ms = trimmed(encoder, protocol.trim)
    decoder_ms, decoder_std_ms = trimmed(decoder, protocol.trim)
    anchor_ms, _ = trimmed(np.sum(anchored, axis=0), protocol.trim)
    p50, p90 = np.percentile(np.add(encoder, decoder), (50, 90))
    return Latency(
        encoder_ms=encoder_ms,
        decoder_ms=decoder_ms,
        encoder_std_ms=encoder_std_ms,
        decoder_std_ms=decoder_std_ms,
        uncertainty_ms=(encoder_ms + decoder_ms) * _uncertainty(times, protocol),
        p50_ms=float(p50),
        p90_ms=float(p90),
        anchor_ms=anchor_ms,
        runs=len(encoder),
        signature=signature,
    )


def time_in_turn(
    works: Sequence[Callable[[], object]], synchronise: Callable[[], None], protocol: Protocol
) -> list[list[float]]:
    """Wall-clock milliseconds of each run of each of `works`, taking turns, after dry runs of all.

    Asynchronous work is waited for. With a precision the works are encoder and decoder of a model, then of the anchor;
    whether they are known well enough is asked now and then, each time before another dry run.
    """
    times: list[list[float]] = [[] for _ in works]
    dry, look = protocol.dry_runs, FEWEST_RUNS
    progress = Progress("timing", protocol.runs, unit="runs", patient=True)
    while len(times[0]) < protocol.runs:
        run = [_timed(work, synchronise) for work in works]
        if dry > 0:
            dry -= 1
            continue
        for found, ms in zip(times, run, strict=True):
            found.append(ms)
        progress.step()
        if protocol.precision is not None and len(times[0]) == look:
            if _uncertainty(times, protocol) < protocol.precision:
                break
            look, dry = look * 3 // 2, 1  # asking has taken the caches
    return times


def _timed(work: Callable[[], object], synchronise: Callable[[], None]) -> float:
    synchronise()
    begin = time.perf_counter()
    work()
    synchronise()
    return 1000 * (time.perf_counter() - begin)


def _uncertainty(times: Sequence[Sequence[float]], protocol: Protocol) -> float:
    """Half width of the 95% interval of the anchored mean, as a share of it."""
    encoder, decoder, *anchored = times
    return half_width(np.add(encoder, decoder) / np.sum(anchored, axis=0), protocol.trim)
