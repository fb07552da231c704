"""The anchor and the speed of a device at rest."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hat.errors import InputError
from hat.latency import busy
from hat.latency.anchor import anchor, own_speed
from hat.latency.signature import Latency

from tests.unit.latency_world import SPACE, latency


def rounds(*anchors_ms: float) -> list[Latency]:
    return [replace(latency(ms, anchor_ms=ms), runs=20) for ms in anchors_ms]


def test_it_is_a_mid_sized_member_of_the_space() -> None:
    middle = anchor(SPACE)
    assert middle in SPACE
    assert middle not in (SPACE.smallest, SPACE.maximum)
    assert (middle.decoder_layers, middle.decoder_ffn_dims) == (2, (16, 16))


def test_the_own_speed_is_that_of_most_rounds() -> None:
    assert own_speed(lambda: rounds(8.0, 30.0, 9.0, 8.5, 25.0)) == 9.0


def test_rounds_of_a_busy_machine_are_measured_again(capsys: pytest.CaptureFixture[str]) -> None:
    found = iter([rounds(5.0, 40.0, 11.0, 2.0, 90.0), rounds(8.0, 8.1, 8.2)])
    assert own_speed(lambda: next(found)) == 8.1
    told = "anchor: 4 of 5 latencies are those of a busy machine, the anchor takes 11.00 ms"
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(("here", "remedy"), [(True, "stop other work"), (False, "stop other work there")])
def test_a_machine_that_stays_busy_is_refused(monkeypatch: pytest.MonkeyPatch, here: bool, remedy: str) -> None:
    monkeypatch.setattr(busy, "_others", lambda: "")
    with pytest.raises(InputError, match=f"device bench: the machine is too busy to time on: .*legal: {remedy}"):
        own_speed(lambda: rounds(5.0, 40.0, 11.0, 2.0, 90.0), here)
