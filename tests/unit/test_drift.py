from __future__ import annotations

import pytest
from hat.latency.drift import anchor, drifted, drifts
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.latency_world import SPACE

SERIES = st.lists(st.one_of(st.none(), st.floats(1, 1000)), min_size=1).map(lambda middle: [10.0, *middle])


def test_drift_is_that_of_the_neighbouring_anchor_that_is_further_off() -> None:
    series = [10.0, None, None, 10.0, None, 12.0, None, 9.0, None, 10.0, None]
    assert drifts(series) == [None, 1.0, 1.0, None, 1.2, None, 1.2, None, 0.9, None, 1.0]


@given(SERIES, st.floats(0.1, 10))
def test_drift_does_not_depend_on_the_machines_speed(series: list[float | None], factor: float) -> None:
    scaled = [None if x is None else x * factor for x in series]
    for one, other in zip(drifts(series), drifts(scaled), strict=True):
        assert one == (None if other is None else pytest.approx(other, rel=1e-6)) or (
            # two anchors equally far off, on either side: either may be named
            one is not None and other is not None and abs(one - 1) == pytest.approx(abs(other - 1), rel=1e-6)
        )


@given(st.lists(st.booleans()))
def test_a_steady_machine_does_not_drift(anchors: list[bool]) -> None:
    series = [7.0, *(7.0 if is_anchor else None for is_anchor in anchors)]
    assert {drift for drift in drifts(series) if drift is not None} <= {1.0}


def test_tolerance() -> None:
    assert [drifted(drift) for drift in (0.94, 0.96, 1.0, 1.04, 1.06)] == [True, False, False, False, True]


def test_the_anchor_is_a_mid_sized_member_of_the_space() -> None:
    middle = anchor(SPACE)
    assert middle in SPACE
    assert middle not in (SPACE.smallest, SPACE.maximum)
    assert (middle.decoder_layers, middle.decoder_ffn_dims) == (2, (16, 16))
