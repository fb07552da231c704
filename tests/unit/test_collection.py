from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hat.architecture import SubTransformer
from hat.errors import InputError
from hat.latency.collection import Log, collect
from hat.latency.device_signature import DeviceSignature
from hat.latency.samples import Sample, draw_samples
from hat.latency.signature import Latency

from tests.unit.latency_world import SIGNATURE, SPACE, latency

SUBS = draw_samples(SPACE, 1, 45)
ORDER = random.Random(1).sample(range(45), 45)
ANCHOR_MS = 8.0
DEVICE = DeviceSignature(signature=SIGNATURE, anchor_ms=ANCHOR_MS)


class Machine:
    """Measures a latency that follows from the architecture, times how slow the machine is at that moment."""

    def __init__(self, slowness: Callable[[int], float] = lambda call: 1.0, dies_at: int | None = None) -> None:
        self.slowness, self.dies_at, self.measured = slowness, dies_at, list[SubTransformer]()

    def measure(self, sub: SubTransformer) -> Latency:
        if len(self.measured) == self.dies_at:
            raise KeyboardInterrupt
        self.measured.append(sub)
        slowness = self.slowness(len(self.measured))
        return latency(true_ms(sub) * slowness, anchor_ms=ANCHOR_MS * slowness)


def true_ms(sub: SubTransformer) -> float:
    return 5.0 * sub.decoder_layers + sum(sub.decoder_ffn_dims) / 10


def run(path: Path, machine: Machine) -> list[Sample]:
    return collect(path, SUBS, ORDER, machine.measure, DEVICE)


def test_all_samples_are_measured_once_in_order(tmp_path: Path) -> None:
    machine = Machine()
    samples = run(tmp_path / "log", machine)
    assert [sample.sub for sample in samples] == SUBS
    assert [sample.latency_ms for sample in samples] == pytest.approx([true_ms(sub) for sub in SUBS])
    assert machine.measured == [SUBS[index] for index in ORDER]
    assert all(sample.sub == machine.measured[sample.order] for sample in samples)


@pytest.mark.parametrize("dies_at", [0, 1, 5, 11, 30, 44])
def test_killed_and_resumed_it_loses_no_row_and_repeats_none(tmp_path: Path, dies_at: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "log", Machine(dies_at=dies_at))
    with open(tmp_path / "log", "a") as log:  # the line at which it was killed
        log.write('{"sample": 3, "laten')
    before = list(Log(tmp_path / "log").measured)
    assert before == ORDER[:dies_at]
    resumed = run(tmp_path / "log", Machine())
    assert [sample.latency_ms for sample in resumed] == pytest.approx([true_ms(sub) for sub in SUBS])
    assert [json.loads(line)["sample"] for line in (tmp_path / "log").read_text().splitlines()] == ORDER


def test_a_finished_collection_measures_nothing(tmp_path: Path) -> None:
    first = run(tmp_path / "log", Machine())
    again = Machine()
    assert run(tmp_path / "log", again) == first
    assert again.measured == []


def test_a_larger_collection_measures_what_is_new_and_a_smaller_one_nothing(tmp_path: Path) -> None:
    fewer = [index for index in ORDER if index < 30]
    slow = Machine(lambda call: 1.5)
    small = collect(tmp_path / "log", SUBS[:30], fewer, Machine().measure, DEVICE)
    large = run(tmp_path / "log", slow)
    assert slow.measured == [SUBS[index] for index in ORDER if index >= 30]
    assert [sample.sub for sample in large] == SUBS
    assert [sample.numbers["drift"] for sample in large] == [1.0] * 30 + [1.5] * 15
    unused = Machine()
    assert collect(tmp_path / "log", SUBS[:30], fewer, unused.measure, DEVICE) == small
    assert unused.measured == []


def test_a_machine_never_at_one_speed_gives_the_latencies_of_a_steady_one(tmp_path: Path) -> None:
    rng = random.Random(0)
    slowness = [rng.uniform(1, 2) for _ in range(46)]
    samples = run(tmp_path / "log", Machine(lambda call: slowness[call]))
    assert [sample.latency_ms for sample in samples] == pytest.approx([true_ms(sub) for sub in SUBS], rel=1e-4)
    drifts = {sample.order: sample.numbers["drift"] for sample in samples}
    assert [drifts[place] for place in range(45)] == pytest.approx(slowness[1:], rel=1e-5)


def test_a_device_whose_own_speed_was_that_of_a_busy_machine_is_told(tmp_path: Path) -> None:
    often = replace(SIGNATURE, runs=20)
    busy = DeviceSignature(signature=often, anchor_ms=2.5 * ANCHOR_MS, place="results/signature.json")
    told = (
        r"signature\.json: the anchor took 20\.00 ms on a busy machine, it takes 8\.00 ms now; legal: delete this file"
    )
    with pytest.raises(InputError, match=told):
        collect(tmp_path / "log", SUBS, ORDER, Machine().measure, busy)
    with pytest.raises(InputError, match=told):
        busy.at_own_speed(Machine().measure(SUBS[0]))
    unused = Machine()
    quiet = DeviceSignature(signature=often, anchor_ms=ANCHOR_MS)
    assert len(collect(tmp_path / "log", SUBS, ORDER, unused.measure, quiet)) == len(SUBS)
    assert unused.measured == [], "what was timed stays"


def test_a_damaged_log_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log").write_text('{"sample": 0, "latency": {}}\nsomething else\n')
    with pytest.raises(InputError, match="line 2 is damaged"):
        Log(tmp_path / "log")
