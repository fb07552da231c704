"""The timing protocol (HAT, section 3.3; protocol facts of the released code): one dummy sentence of the task's length.

The encoder runs it with batch 1. The decoder, with one row per beam hypothesis, takes one incremental step per target
position, from the projection of cross-attention keys and values to the logits over the vocabulary. Bookkeeping of a
beam search is not timed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hat.architecture import SubTransformer
from hat.engines.interface import Device, Engine, create_engine, engine_facts
from hat.errors import InputError
from hat.files import read_json
from hat.latency.signature import Latency, Signature, checkout_commit
from hat.transformer import Transformer

EOS, WORD = 2, 4
PAPER_BEAM = 5
PAPER_RUNS = 300
PAPER_DRY_RUNS = 5
PAPER_TRIM = 0.1


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What of a task its models' latency depends on."""

    source_vocabulary: int
    target_vocabulary: int
    share_embeddings: bool
    sentence_length: int
    """Tokens of source and of target, end of sentence included."""

    @classmethod
    def from_statistics(cls, path: str | os.PathLike[str], sentence_length: int | None = None) -> Workload:
        """The workload of a binarised corpus; `sentence_length` overrides the mean length of its test split."""
        record: Any = read_json(path)
        try:
            workload = cls(
                source_vocabulary=int(record["source_vocabulary"]),
                target_vocabulary=int(record["target_vocabulary"]),
                share_embeddings=record["dictionary"] == "joint",
                sentence_length=int(sentence_length or record["sentence_length"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(path, f"not the statistics of a binarised corpus ({error!r})") from None
        if workload.sentence_length < 1 or min(workload.source_vocabulary, workload.target_vocabulary) <= WORD:
            raise InputError(path, f"nothing to time: {workload}", "a sentence length and vocabularies above zero")
        return workload


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """How often to run, and what to do with the times."""

    runs: int
    dry_runs: int = PAPER_DRY_RUNS
    beam: int = PAPER_BEAM
    trim: float = PAPER_TRIM


class Bench:
    """This machine, set up to time SubTransformers of one task as `device` describes it."""

    def __init__(self, device: Device, workload: Workload, protocol: Protocol) -> None:
        self.device, self.workload, self.protocol = device, workload, protocol
        task = asdict(workload)
        del task["share_embeddings"]
        facts = {**asdict(engine_facts(device)), **task, **asdict(protocol)}
        self.signature = Signature(device=device.name, **facts, commit=checkout_commit())

    def measure(self, sub: SubTransformer) -> Latency:
        """The latency of the dense model of `sub`, with random weights."""
        model = Transformer(
            sub,
            source_vocabulary=self.workload.source_vocabulary,
            target_vocabulary=self.workload.target_vocabulary,
            share_embeddings=self.workload.share_embeddings,
        )
        return time_engine(create_engine(model, self.device), self.workload, self.protocol, self.signature)


def time_engine(engine: Engine, workload: Workload, protocol: Protocol, signature: Signature) -> Latency:
    """The latency of a loaded model."""
    source = engine.tokens([WORD] * (workload.sentence_length - 1) + [EOS])
    previous = engine.tokens([WORD] * protocol.beam)
    encoded = engine.encode(source)

    def decode() -> None:
        state = engine.start(encoded, protocol.beam)
        for _ in range(workload.sentence_length):
            engine.step(previous, state)

    encoder = time_runs(lambda: engine.encode(source), engine.synchronise, protocol)
    decoder = time_runs(decode, engine.synchronise, protocol)
    encoder_ms, encoder_std_ms = trimmed(encoder, protocol.trim)
    decoder_ms, decoder_std_ms = trimmed(decoder, protocol.trim)
    p50, p90 = np.percentile(np.add(encoder, decoder), (50, 90))
    return Latency(
        encoder_ms=encoder_ms,
        decoder_ms=decoder_ms,
        encoder_std_ms=encoder_std_ms,
        decoder_std_ms=decoder_std_ms,
        p50_ms=float(p50),
        p90_ms=float(p90),
        signature=signature,
    )


def time_runs(work: Callable[[], object], synchronise: Callable[[], None], protocol: Protocol) -> list[float]:
    """Wall-clock milliseconds of each run, after the dry runs; asynchronous work is waited for."""
    for _ in range(protocol.dry_runs):
        work()
    times = []
    for _ in range(protocol.runs):
        synchronise()
        begin = time.perf_counter()
        work()
        synchronise()
        times.append(1000 * (time.perf_counter() - begin))
    return times


def trimmed(times: Sequence[float], share: float) -> tuple[float, float]:
    """Mean and standard deviation without the lowest and highest `share` of `times`: at least one each of three."""
    drop = max(int(share * len(times)), 1 if share > 0 and len(times) >= 3 else 0)
    kept = np.sort(np.asarray(times, dtype=float))[drop : len(times) - drop]
    return float(kept.mean()), float(kept.std())
