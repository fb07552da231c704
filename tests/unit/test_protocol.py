from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hat.engines.interface import Device
from hat.errors import InputError
from hat.latency import protocol
from hat.latency.protocol import Bench, Protocol, Workload, time_engine, time_runs, trimmed

from tests.unit.latency_world import SIGNATURE, SPACE

WORKLOAD = Workload(source_vocabulary=20, target_vocabulary=30, share_embeddings=False, sentence_length=10)


class Clock:
    """Time that passes only when somebody waits for work."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


class SlowEngine:
    """Work is queued at once and takes its milliseconds when it is waited for, as on a GPU."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.queued_ms, self.calls = clock, 0.0, {"encode": 0, "start": 0, "step": 0}

    def tokens(self, ids: list[int]) -> list[int]:
        return ids

    def encode(self, source: list[int]) -> str:
        assert len(source) == WORKLOAD.sentence_length
        self._queue("encode", 2)
        return "encoded"

    def start(self, encoded: str, rows: int) -> dict[str, int]:
        assert (encoded, rows) == ("encoded", 5)
        self._queue("start", 1)
        return {"length": 0}

    def step(self, tokens: list[int], state: dict[str, int]) -> None:
        assert len(tokens) == 5
        state["length"] += 1
        assert state["length"] <= WORKLOAD.sentence_length
        self._queue("step", 3)

    def synchronise(self) -> None:
        self.clock.now += self.queued_ms / 1000
        self.queued_ms = 0

    def _queue(self, call: str, ms: float) -> None:
        self.calls[call] += 1
        self.queued_ms += ms


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(protocol, "time", clock)
    return clock


def test_what_is_timed_and_how_often(clock: Clock) -> None:
    engine: Any = SlowEngine(clock)
    latency = time_engine(engine, WORKLOAD, Protocol(runs=4, dry_runs=3), SIGNATURE)
    assert engine.calls == {"encode": 1 + 7, "start": 7, "step": 70}
    assert latency.encoder_ms == pytest.approx(2)
    assert latency.decoder_ms == pytest.approx(1 + 3 * 10)
    assert latency.latency_ms == pytest.approx(33)
    assert (latency.p50_ms, latency.p90_ms) == pytest.approx((33, 33))
    assert latency.encoder_std_ms == latency.decoder_std_ms == pytest.approx(0)
    assert latency.to_dict()["signature"] == SIGNATURE.to_dict()


def test_percentiles_are_of_all_runs_and_means_are_trimmed(clock: Clock) -> None:
    durations = iter(
        [5.0, *range(1, 11), *range(10, 110, 10)]
    )  # one encoding to decode from, encoder runs, decoder runs
    engine: Any = SlowEngine(clock)
    engine.encode = lambda source: engine._queue("encode", next(durations))
    engine.start = lambda encoded, rows: engine._queue("start", next(durations))
    engine.step = lambda tokens, state: None
    latency = time_engine(engine, WORKLOAD, Protocol(runs=10, dry_runs=0), SIGNATURE)
    assert latency.encoder_ms == pytest.approx(5.5)
    assert latency.decoder_ms == pytest.approx(55)
    assert latency.p50_ms == pytest.approx(60.5)
    assert latency.p90_ms == pytest.approx(100.1)


def test_dry_runs_are_not_timed(clock: Clock) -> None:
    durations = iter([1000.0, 4.0, 5.0])

    def work() -> None:
        clock.now += next(durations) / 1000

    assert time_runs(work, lambda: None, Protocol(runs=2, dry_runs=1)) == pytest.approx([4, 5])


@pytest.mark.parametrize(
    ("times", "share", "mean", "std"),
    [
        ([10, 1, 2, 3, 4, 5, 6, 7, 8, 9], 0.1, 5.5, 2.29128784747792),
        ([1, 2, 30], 0.1, 2, 0),
        ([1, 3], 0.1, 2, 1),
        ([7], 0.1, 7, 0),
        ([0, 1, 2, 3, 100], 0.2, 2, 0.816496580927726),
        ([1, 2, 30], 0.0, 11, 13.4412301024372),
    ],
)
def test_trimmed(times: list[float], share: float, mean: float, std: float) -> None:
    assert trimmed(times, share) == pytest.approx((mean, std))


def test_bench_measures_a_real_model_and_signs_it() -> None:
    bench = Bench(Device(name="bench"), WORKLOAD, Protocol(runs=3, dry_runs=1))
    small, large = bench.measure(SPACE.smallest), bench.measure(SPACE.maximum)
    assert 0 < small.latency_ms < large.latency_ms
    signature = small.signature.to_dict()
    assert {name: signature[name] for name in ("device", "threads", "beam", "runs", "dry_runs", "trim")} == {
        "device": "bench",
        "threads": 1,
        "beam": 5,
        "runs": 3,
        "dry_runs": 1,
        "trim": 0.1,
    }
    assert (signature["source_vocabulary"], signature["target_vocabulary"], signature["sentence_length"]) == (
        20,
        30,
        10,
    )


STATISTICS = {"dictionary": "joint", "source_vocabulary": 20, "target_vocabulary": 20, "sentence_length": 12}


def test_workload_of_a_corpus(tmp_path: Path) -> None:
    path = tmp_path / "statistics.json"
    path.write_text(json.dumps(STATISTICS))
    workload = Workload.from_statistics(path)
    assert workload == Workload(source_vocabulary=20, target_vocabulary=20, share_embeddings=True, sentence_length=12)
    assert Workload.from_statistics(path, 30).sentence_length == 30


@pytest.mark.parametrize("change", [{"dictionary": None}, {"sentence_length": "x"}, {"source_vocabulary": 4}])
def test_broken_statistics_are_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "statistics.json"
    record = {name: value for name, value in {**STATISTICS, **change}.items() if value is not None}
    path.write_text(json.dumps(record))
    with pytest.raises(InputError, match=r"statistics\.json: "):
        Workload.from_statistics(path)
