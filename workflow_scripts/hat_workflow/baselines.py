"""The baselines of a space file: ordinary Transformers, scaled by decoder depth or by width."""

from __future__ import annotations

import os

from hat.architecture import SubTransformer
from hat.baselines import scaled_by_depth, scaled_by_width

from hat_workflow import settings

SCALED = {"depth": scaled_by_depth, "width": scaled_by_width}


def designed(space: str | os.PathLike[str], kind: str, value: int) -> SubTransformer:
    """The baseline of a space file, `value` decoder layers deep or wide; InputError when there is none of that size."""
    shape = settings.load("space", space)
    return SCALED[kind](settings.design_space(space), value, ffn_ratio=shape["ffn_ratio"], head_dim=shape["head_dim"])
