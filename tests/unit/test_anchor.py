"""The anchor and the speed of a device at rest."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hat.errors import InputError
from hat.latency import busy
from hat.latency.anchor import anchor, own_speed, settled
from hat.latency.signature import Latency

from tests.unit.latency_world import SPACE, latency


def rounds(*anchors_ms: float) -> list[Latency]:
    return [replace(latency(ms, anchor_ms=ms), runs=20) for ms in anchors_ms]


def test_it_is_a_mid_sized_member_of_the_space() -> None:
    middle = anchor(SPACE)
    assert middle in SPACE
    assert middle not in (SPACE.smallest, SPACE.maximum)
    assert (middle.decoder_layers, middle.decoder_ffn_dims) == (2, (16, 16))


def test_the_own_speed_of_a_steady_machine_is_soon_known() -> None:
    found = iter(rounds(8.2, 9.0, 8.0, 8.5, 8.1))
    assert own_speed(lambda: next(found), sleep=_never) == 8.1


def test_the_own_speed_of_an_unsteady_machine_is_that_of_its_quiet_moments(capsys: pytest.CaptureFixture[str]) -> None:
    slept: list[float] = []
    found = iter(rounds(*[13.0, 12.5, 12.0, 15.0, 13.5], *[8.0] * 5, *[14.0] * 5))
    assert own_speed(lambda: next(found), sleep=slept.append) == 8.0
    assert slept == [2.0] * 10
    assert "anchor: 12.00 to 15.00 ms, not steady: it is timed for longer" in capsys.readouterr().err


def test_of_all_that_a_device_brought_back_the_own_speed_is_the_lower_quartile() -> None:
    assert settled(rounds(8.0, 11.0, 9.0, 8.5, 25.0)) == 8.5
    assert settled(rounds(9.0)) == 9.0


def _never(seconds: float) -> None:
    raise AssertionError(f"sleeps {seconds} s")


@pytest.mark.parametrize(("here", "remedy"), [(True, "stop other work"), (False, "stop other work there")])
def test_a_machine_that_stays_busy_is_refused(monkeypatch: pytest.MonkeyPatch, here: bool, remedy: str) -> None:
    monkeypatch.setattr(busy, "_others", lambda: "")
    with pytest.raises(InputError, match=f"device bench: the machine is too busy to time on: .*legal: {remedy}"):
        own_speed(iter(rounds(*[5.0, 40.0, 11.0, 2.0, 90.0] * 3)).__next__, here, sleep=lambda seconds: None)
