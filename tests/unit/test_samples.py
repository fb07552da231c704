from __future__ import annotations

from pathlib import Path

import pytest
from hat.architecture import DesignSpace
from hat.errors import InputError
from hat.latency.samples import Sample, draw_samples, read_samples, write_samples

from tests.unit.latency_world import SPACE, latency

TINY = DesignSpace(
    encoder_embed_dim=(8,),
    encoder_layers=(1,),
    encoder_ffn_dim=(8,),
    encoder_self_heads=(1,),
    decoder_embed_dim=(8,),
    decoder_layers=(1,),
    decoder_ffn_dim=(8, 16),
    decoder_self_heads=(1,),
    decoder_cross_heads=(1,),
    decoder_attended_layers=(1,),
    qkv_dim=8,
)


def samples(count: int) -> list[Sample]:
    subs = draw_samples(SPACE, 1, count)
    return [Sample(sub=sub, numbers=latency(10.0 + i).numbers(), order=i) for i, sub in enumerate(subs)]


def test_drawn_samples_are_distinct_members_and_the_first_ones_stay() -> None:
    many = draw_samples(SPACE, 1, 300)
    assert len(set(many)) == 300
    assert all(sub in SPACE for sub in many)
    assert draw_samples(SPACE, 1, 100) == many[:100]
    assert draw_samples(SPACE, 2, 100) != many[:100]


def test_a_space_that_is_too_small_is_refused() -> None:
    assert len(draw_samples(TINY, 1, 2)) == 2
    with pytest.raises(InputError, match=r"does not yield 3 distinct .* at most 2 of its 2 architectures"):
        draw_samples(TINY, 1, 3)


def test_round_trip(tmp_path: Path) -> None:
    write_samples(tmp_path / "samples.csv", samples(5))
    assert read_samples(tmp_path / "samples.csv") == samples(5)
    header = (tmp_path / "samples.csv").read_text().splitlines()[0]
    assert header.endswith(",p50_ms,p90_ms,anchor_ms,drift,runs,order")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (",latency_ms", ",latency", "line 2: missing column 'latency_ms'"),
        (",uncertainty_ms", ",certainty_ms", "line 2: missing column 'uncertainty_ms'"),
        ("13.000000", "nan", "line 5: latency_ms: nan"),
        ("13.000000", "-1", "line 5: latency_ms: -1"),
        ("13.000000", "soon", "line 5: could not convert string to float: 'soon'"),
        ("encoder_ffn_dims", "ffn", "line 2: missing column 'encoder_ffn_dims'"),
    ],
)
def test_a_broken_table_is_refused_by_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = tmp_path / "samples.csv"
    write_samples(path, samples(5))
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        read_samples(path)
    assert told in str(caught.value)


def test_an_empty_table_is_refused(tmp_path: Path) -> None:
    write_samples(tmp_path / "samples.csv", samples(1))
    header = (tmp_path / "samples.csv").read_text().splitlines()[0]
    (tmp_path / "samples.csv").write_text(header + "\n")
    with pytest.raises(InputError, match="no rows"):
        read_samples(tmp_path / "samples.csv")
