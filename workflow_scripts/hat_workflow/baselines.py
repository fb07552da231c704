"""The baselines of a space file: ordinary Transformers, scaled by decoder depth or by width."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hat.architecture import SubTransformer
from hat.baselines import scaled_by_depth, scaled_by_width

from hat_workflow import settings

SCALED = {"depth": scaled_by_depth, "width": scaled_by_width}


def designed(shape: Mapping[str, Any], kind: str, value: int) -> SubTransformer:
    """The baseline of a space file's contents, `value` decoder layers deep or wide.

    InputError when there is none of that size.
    """
    space = settings.as_design_space(shape, "baseline")
    return SCALED[kind](space, value, ffn_ratio=shape["ffn_ratio"], head_dim=shape["head_dim"])
