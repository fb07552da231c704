"""Design spaces that make no sense are refused in one line."""

from __future__ import annotations

from typing import Any

import pytest
from hat.architecture import DesignSpace
from hat.errors import InputError

from tests.spaces import WMT


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"encoder_embed_dim": []}, "encoder_embed_dim must list whole numbers from 1 to 1000000, not []"),
        ({"encoder_embed_dim": 512}, "encoder_embed_dim must list whole numbers from 1 to 1000000, not 512"),
        ({"encoder_embed_dim": ["a", 1]}, "encoder_embed_dim must list whole numbers from 1 to 1000000, not ['a', 1]"),
        ({"decoder_layers": [0, 1]}, "decoder_layers must list whole numbers from 1 to 1000000, not [0, 1]"),
        ({"decoder_ffn_dim": [1.5]}, "decoder_ffn_dim must list whole numbers from 1 to 1000000, not [1.5]"),
        ({"qkv_dim": [512]}, "qkv_dim must be a whole number from 1 to 1000000, not [512]"),
        ({"qkv_dim": 500}, "qkv_dim 500 is not divisible by 8 heads"),
        ({"encoder_self_heads": [3, 8]}, "qkv_dim 512 is not divisible by 3 heads"),
        ({"decoder_self_heads": [5, 8]}, "qkv_dim 512 is not divisible by 5 heads"),
        ({"decoder_cross_heads": [7, 8]}, "qkv_dim 512 is not divisible by 7 heads"),
        ({"decoder_attended_layers": [1, 7]}, "decoder_attended_layers exceeds encoder_layers"),
        ({"encoder_embed_dim": [641]}, "position_dim 641 must be even (half sines, half cosines)"),
    ],
)
def test_design_spaces_that_make_no_sense(wrong: dict[str, Any], line: str) -> None:
    with pytest.raises(InputError) as caught:
        DesignSpace.from_dict(WMT.to_dict() | wrong, "space.yaml")
    assert str(caught.value) == f"space.yaml: {line}"


def test_keys_of_a_design_space_are_checked() -> None:
    record = WMT.to_dict()
    with pytest.raises(InputError, match=r"^s\.yaml: unknown key 'encoder_ffn'; .*did you mean 'encoder_ffn_dim'"):
        DesignSpace.from_dict(record | {"encoder_ffn": [1]}, "s.yaml")
    with pytest.raises(InputError, match=r"^s\.yaml: missing key 'decoder_layers'; legal: "):
        DesignSpace.from_dict({name: value for name, value in record.items() if name != "decoder_layers"}, "s.yaml")
    with pytest.raises(InputError, match=r"^s\.yaml: not a mapping"):
        DesignSpace.from_dict(None, "s.yaml")
    without_q = {name: value for name, value in record.items() if name != "qkv_dim"}
    assert DesignSpace.from_dict(without_q) == WMT


def test_choices_are_a_set() -> None:
    space = DesignSpace(**{**vars(WMT), "decoder_layers": (3, 1, 3, 2)})
    assert space.decoder_layers == (1, 2, 3)
