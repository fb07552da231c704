"""A busy machine: what is doubtful is timed again, what stays so is told or refused; one timing at a time."""

from __future__ import annotations

import fcntl
import os
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hat.errors import InputError
from hat.latency import busy
from hat.latency.busy import ATTEMPTS, machine_to_itself, measure_steadily
from hat.latency.collection import Log, collect
from hat.latency.device_signature import DeviceSignature
from hat.latency.doubt import is_doubtful
from hat.latency.samples import draw_samples
from hat.latency.signature import Latency

from tests.unit.latency_world import SIGNATURE, SPACE, latency

QUIET = replace(latency(10.0, anchor_ms=8.0), runs=20)
DEVICE = DeviceSignature(signature=SIGNATURE, anchor_ms=8.0)


def timed(slowness: float = 1.0, median: float = 10.0) -> Latency:
    """A raw latency of 10 ms on a machine so many times slower than it is."""
    raw = replace(
        QUIET, **{name: getattr(QUIET, name) * slowness for name in ("encoder_ms", "decoder_ms", "anchor_ms")}
    )
    return replace(raw, p50_ms=median * slowness)


def given(*latencies: Latency) -> Callable[[], Latency]:
    left: Iterator[Latency] = iter(latencies)
    return lambda: next(left).at(8.0)


@pytest.mark.parametrize(
    ("found", "doubtful"),
    [
        (timed(), False),
        (timed(1.9), False),
        (timed(2.1), True),
        (timed(0.45), True),
        (timed(median=8.2), False),
        (timed(median=2.9), True),
        (timed(median=14.0), True),
        (replace(timed(61.0, median=2.9), runs=9), False),
    ],
)
def test_what_is_doubtful(found: Latency, doubtful: bool) -> None:
    assert is_doubtful(found.at(8.0).numbers()) == doubtful
    assert found.at(8.0).to_dict()["doubtful"] == doubtful


def test_it_is_timed_again_until_it_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert measure_steadily(given(timed(3.0), timed(median=4.0), timed(1.2))) == timed(1.2).at(8.0)
    first, second = capsys.readouterr().err.splitlines()
    assert first == "latency: 10.00 ms (median 10.00, drift 3.00) is that of a busy machine"
    assert second == "latency: 10.00 ms (median 4.00, drift 1.00) is that of a busy machine"


def test_the_least_disturbed_is_taken_and_marked() -> None:
    found = measure_steadily(given(timed(4.0), timed(2.4), timed(3.0)))
    assert found.drift == pytest.approx(2.4)
    assert is_doubtful(found.numbers())


def test_what_is_no_latency_at_all_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(busy, "_others", lambda: ", such as a game (97%)")
    told = (
        r"device bench: the machine is too busy to time on: 10\.00 ms \(median 3\.00, drift 61\.00\) at best; "
        r"legal: stop other work, such as a game \(97%\)"
    )
    with pytest.raises(InputError, match=told):
        measure_steadily(given(*[timed(61.0, median=2.0 + n) for n in range(-1, ATTEMPTS - 1)][::-1]))


def test_what_was_recorded_is_told_once_and_is_to_be_timed_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert measure_steadily(given(*[timed(2.2)] * 2), here=False).drift == pytest.approx(2.2)
    assert len(capsys.readouterr().err.splitlines()) == 1
    with pytest.raises(InputError, match="at best; legal: stop other work there, and time it again"):
        measure_steadily(given(*[timed(61.0)] * 2), here=False)


def test_doubtful_samples_are_measured_again_and_again_after_a_kill(tmp_path: Path) -> None:
    subs = draw_samples(SPACE, 1, 20)
    calls = 0

    def measure(_: object) -> Latency:
        nonlocal calls
        calls += 1
        return timed(3.0 if calls in (4, 9, 21) else 1.0)

    samples = collect(tmp_path / "log", subs, range(20), measure, DEVICE)
    assert calls == 23
    assert not any(is_doubtful(sample.numbers) for sample in samples)
    assert Log(tmp_path / "log").attempts.most_common(2) == [(3, 3), (8, 2)]
    assert collect(tmp_path / "log", subs, range(20), measure, DEVICE) == samples
    assert calls == 23


def test_a_machine_that_stays_busy_ends_the_collection(tmp_path: Path) -> None:
    subs = draw_samples(SPACE, 1, 20)

    def measure(sub: object) -> Latency:
        return timed(median=3.0 if sub in subs[:3] else 10.0)

    with pytest.raises(InputError, match="3 of 20 samples are doubtful after 3 attempts; legal: stop other work"):
        collect(tmp_path / "log", subs, range(20), measure, DEVICE)


def test_one_process_times_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(busy, "LOCK", tmp_path / "lock")
    busy._tell_waiting.cache_clear()
    with machine_to_itself():
        pass
    with open(tmp_path / "lock", "rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        threading.Timer(0.2, lambda: fcntl.flock(other, fcntl.LOCK_UN)).start()
        with machine_to_itself():
            told = capsys.readouterr().err
    assert re.fullmatch(rf"latency: (process {os.getpid()}|another process) times models .* take turns\n", told)
