from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hat.architecture import SubTransformer
from hat.errors import InputError
from hat.latency.collection import REPEATED_SHARE, STRETCH, Log, collect, merge
from hat.latency.drift import anchor, drifted
from hat.latency.samples import Sample, draw_samples
from hat.latency.signature import Latency

from tests.unit.latency_world import SPACE, latency

SUBS = draw_samples(SPACE, 1, 45)
ORDER = random.Random(1).sample(range(45), 45)
ANCHOR = anchor(SPACE)


class Machine:
    """Measures a latency that follows from the architecture, times how slow the machine is at that moment."""

    def __init__(self, slowness: Callable[[int], float] = lambda call: 1.0, dies_at: int | None = None) -> None:
        self.slowness, self.dies_at, self.measured = slowness, dies_at, list[SubTransformer]()

    def measure(self, sub: SubTransformer) -> Latency:
        if len(self.measured) == self.dies_at:
            raise KeyboardInterrupt
        self.measured.append(sub)
        return latency(true_ms(sub) * self.slowness(len(self.measured)))


def true_ms(sub: SubTransformer) -> float:
    return 5.0 * sub.decoder_layers + sum(sub.decoder_ffn_dims) / 10


def run(path: Path, machine: Machine) -> list[Sample]:
    return collect(path, SUBS, ORDER, ANCHOR, machine.measure)[0]


def test_all_samples_are_measured_once_in_order_between_anchors(tmp_path: Path) -> None:
    machine = Machine()
    samples, anchor_ms = collect(tmp_path / "log", SUBS, ORDER, ANCHOR, machine.measure)
    assert [sample.sub for sample in samples] == SUBS
    assert [sample.latency_ms for sample in samples] == [true_ms(sub) for sub in SUBS]
    assert {sample.drift for sample in samples} == {1.0}
    assert anchor_ms == true_ms(ANCHOR)
    measured = machine.measured
    assert [sub for sub in measured if sub != ANCHOR] == [SUBS[index] for index in ORDER if SUBS[index] != ANCHOR]
    assert all(measured[place] == ANCHOR for place in (0, STRETCH + 1, 2 * STRETCH + 2, -1))
    assert all(sample.sub == measured[sample.order] for sample in samples)


@pytest.mark.parametrize("dies_at", [0, 1, 5, 11, 12, 30, 49])
def test_killed_and_resumed_it_loses_no_row_and_repeats_none(tmp_path: Path, dies_at: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "log", Machine(dies_at=dies_at))
    with open(tmp_path / "log", "a") as log:  # the line at which it was killed
        log.write('{"sample": 3, "laten')
    before = Log(tmp_path / "log").entries
    assert len(before) == dies_at
    resumed = run(tmp_path / "log", Machine())
    assert [sample.latency_ms for sample in resumed] == [true_ms(sub) for sub in SUBS]
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    times = Counter(line["sample"] for line in lines)
    del times[None]
    assert times == Counter(range(45))
    assert [line["sample"] for line in lines[:dies_at]] == [entry.index for entry in before]


def test_a_finished_collection_measures_nothing(tmp_path: Path) -> None:
    first = run(tmp_path / "log", Machine())
    again = Machine()
    assert run(tmp_path / "log", again) == first
    assert again.measured == []


def test_a_stretch_that_drifted_is_measured_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    machine = Machine(slowness=lambda call: 1.3 if 15 <= call < 22 else 1.0)
    samples = run(tmp_path / "log", machine)
    assert not any(drifted(sample.drift) for sample in samples)
    # the anchor saw nothing of it: no anchor was measured then, so these samples stand
    assert sum(sample.latency_ms > 1.01 * true_ms(sample.sub) for sample in samples) == 7

    (tmp_path / "log").unlink()
    machine = Machine(slowness=lambda call: 1.3 if 15 <= call < 25 else 1.0)
    samples = run(tmp_path / "log", machine)
    assert not any(drifted(sample.drift) for sample in samples)
    assert [sample.latency_ms for sample in samples] == [true_ms(sub) for sub in SUBS]
    assert "20 measurements repeated because of drift; 0 samples still drift" in capsys.readouterr().err


def test_a_machine_never_at_rest_ends_all_the_same_and_what_drifts_is_marked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(0)
    machine = Machine(slowness=lambda call: rng.uniform(1, 2))
    samples = run(tmp_path / "log", machine)
    assert len(samples) == 45
    repeated = int(REPEATED_SHARE * 45)
    indices = [entry.index for entry in Log(tmp_path / "log").entries if entry.index is not None]
    assert len(indices) == 45 + repeated
    marked = sum(drifted(sample.drift) for sample in samples)
    assert marked > 20
    assert f"{repeated} measurements repeated because of drift; {marked} samples still drift" in capsys.readouterr().err


def test_a_drifting_retry_does_not_replace_a_better_measurement(tmp_path: Path) -> None:
    # the second anchor alone was slow, so twenty samples are measured again, two of them twice, and worse
    machine = Machine(slowness=lambda call: 1.1 if call == 12 else 1.6 if call > 51 else 1.0)
    samples = run(tmp_path / "log", machine)
    assert len(machine.measured) == 51 + 22 + 3
    assert sorted(sample.drift for sample in samples)[24:26] == pytest.approx([1.0, 1.1])
    assert [sample.latency_ms for sample in samples] == [true_ms(sub) for sub in SUBS]


def test_a_damaged_log_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log").write_text('{"sample": 0, "latency": {}}\nsomething else\n')
    with pytest.raises(InputError, match="line 2 is damaged"):
        Log(tmp_path / "log")


def test_shards_drift_against_each_other() -> None:
    def shard(drift: float) -> list[Sample]:
        return [Sample(sub=ANCHOR, numbers=latency(10.0).numbers(), drift=drift, order=1)]

    merged = merge([shard(1.0), shard(1.01), shard(1.0)], [10.0, 12.0, 10.0])
    assert [sample.drift for sample in merged] == pytest.approx([1.0, 1.212, 1.0])
