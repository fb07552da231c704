from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hat.engines.interface import Device
from hat.errors import InputError
from hat.latency import protocol
from hat.latency.protocol import Bench, Protocol, Workload, time_engine, time_in_turn
from hat.latency.trimmed_mean import half_width, trimmed

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

    def __init__(self, clock: Clock, step_ms: float = 3) -> None:
        self.clock, self.step_ms, self.queued_ms = clock, step_ms, 0.0
        self.calls = {"encode": 0, "start": 0, "step": 0}

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
        self._queue("step", self.step_ms)

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
    anchor: Any = SlowEngine(clock, step_ms=1)
    anchor.synchronise = engine.synchronise
    anchor._queue = engine._queue  # one processor
    latency = time_engine(engine, anchor, WORKLOAD, Protocol(runs=4, dry_runs=3), SIGNATURE)
    assert engine.calls == {"encode": 2 * (1 + 7), "start": 2 * 7, "step": 2 * 70}
    assert latency.anchor_ms == pytest.approx(2 + 1 + 10)
    assert latency.drift == 1.0
    assert latency.encoder_ms == pytest.approx(2)
    assert latency.decoder_ms == pytest.approx(1 + 3 * 10)
    assert latency.latency_ms == pytest.approx(33)
    assert (latency.p50_ms, latency.p90_ms) == pytest.approx((33, 33))
    assert latency.encoder_std_ms == latency.decoder_std_ms == pytest.approx(0)
    assert latency.to_dict()["signature"] == SIGNATURE.to_dict()


def test_percentiles_are_of_all_runs_and_means_are_trimmed(clock: Clock) -> None:
    engine: Any = SlowEngine(clock)
    encodings = iter([5.0, *range(1, 11)])  # one to decode from, then the runs
    decodings = iter(range(10, 110, 10))
    engine.encode = lambda source: engine._queue("encode", next(encodings))
    engine.start = lambda encoded, rows: engine._queue("start", next(decodings))
    engine.step = lambda tokens, state: None
    anchor: Any = SlowEngine(clock)
    anchor._queue = SlowEngine._queue.__get__(engine)  # one processor
    latency = time_engine(engine, anchor, WORKLOAD, Protocol(runs=10, dry_runs=0), SIGNATURE)
    assert latency.encoder_ms == pytest.approx(5.5)
    assert latency.decoder_ms == pytest.approx(55)
    assert latency.p50_ms == pytest.approx(60.5)
    assert latency.p90_ms == pytest.approx(100.1)


def test_works_take_turns_and_dry_runs_are_not_timed(clock: Clock) -> None:
    done = ""

    def work(name: str, durations: list[float]) -> Any:
        left = iter(durations)

        def once() -> None:
            nonlocal done
            done += name
            clock.now += next(left) / 1000

        return once

    works = [work("a", [1000.0, 4.0, 5.0]), work("b", [2000.0, 6.0, 7.0])]
    times = time_in_turn(works, lambda: None, Protocol(runs=2, dry_runs=1))
    assert times == [pytest.approx([4, 5]), pytest.approx([6, 7])]
    assert done == "ababab"


def test_runs_stop_when_the_mean_is_known_well_enough(clock: Clock) -> None:
    """The machine's speed changes from run to run, for the model as for the anchor: that is no uncertainty."""
    speeds = iter([1.0, *[1.0, 3.0, 2.0, 5.0, 1.5] * 20])
    speed = next(speeds)

    def work(ms: float, first: bool = False) -> Any:
        def once() -> None:
            nonlocal speed
            speed = next(speeds) if first else speed
            clock.now += speed * ms / 1000

        return once

    works = [work(2, first=True), work(8), work(1), work(4)]
    for precision, runs in ((None, 20), (0.01, 5)):
        times = time_in_turn(works, lambda: None, Protocol(runs=20, dry_runs=1, precision=precision))
        assert [len(each) for each in times] == [runs] * 4


def test_an_imprecise_measurement_takes_all_its_runs(clock: Clock) -> None:
    engine: Any = SlowEngine(clock)
    durations = iter([1.0] + [1.0, 30.0] * 20)
    engine.encode = lambda source: engine._queue("encode", next(durations)) or "encoded"
    protocol = Protocol(runs=12, dry_runs=0, precision=0.01)
    anchor: Any = SlowEngine(clock)
    anchor.synchronise, anchor._queue = engine.synchronise, engine._queue  # one processor
    latency = time_engine(engine, anchor, WORKLOAD, protocol, SIGNATURE)
    assert latency.runs == 12
    assert engine.calls["start"] + anchor.calls["start"] == 2 * (12 + 3), "a dry run after each look: at 5, 7 and 10"
    assert latency.uncertainty_ms > 1
    assert "precision" not in protocol.signed()
    del engine.encode
    steady = time_engine(engine, anchor, WORKLOAD, protocol, SIGNATURE)
    assert (steady.runs, steady.numbers()["runs"]) == (5, 5)
    assert steady.uncertainty_ms == pytest.approx(0, abs=1e-9)
    with pytest.raises(InputError, match="runs: 1, which tells nothing of its own uncertainty; legal: at least 2"):
        Protocol(runs=1)


@pytest.mark.parametrize("runs", [3, 5, 10, 20])
def test_the_interval_of_a_mean_holds_it_19_times_of_20(runs: int) -> None:
    rng = np.random.default_rng(runs)
    draws = rng.normal(100, 5, size=(4000, runs))
    held = [abs(trimmed(each, 0.1)[0] - 100) <= half_width(each, 0.1) * trimmed(each, 0.1)[0] for each in draws]
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


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
    bench = Bench(Device(name="bench"), WORKLOAD, Protocol(runs=9, dry_runs=1), SPACE.smallest)
    small, large = bench.measure(SPACE.smallest), bench.measure(SPACE.maximum)
    assert 0.5 < small.at(1.0).latency_ms < 2, "the anchor in units of the anchor"
    assert large.at(1.0).latency_ms > small.at(1.0).latency_ms
    signature = small.signature.to_dict()
    assert signature["anchor"] == SPACE.smallest.key
    assert {name: signature[name] for name in ("device", "threads", "beam", "runs", "dry_runs", "trim")} == {
        "device": "bench",
        "threads": 1,
        "beam": 5,
        "runs": 9,
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
