"""The rivals of HAT by family: what makes a model of each, and reading one from its checkpoint."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from hat.model.checkpoint import load_checkpoint

from hat_fairseq.rivals.evolved import evolved_transformer
from hat_fairseq.rivals.levenshtein import levenshtein_transformer
from hat_fairseq.rivals.lite import lite_transformer

FAMILIES: dict[str, Callable[..., Any]] = {
    "evolved": evolved_transformer,
    "lite": lite_transformer,
    "levenshtein": levenshtein_transformer,
}
"""All but the last make models with the methods of `hat.model.transformer.Transformer`."""


def load_rival(path: str | os.PathLike[str]) -> tuple[Any, str]:
    """The model of a checkpoint and its family. InputError when the file is missing or corrupt."""
    model, facts = load_checkpoint(path, FAMILIES)
    return model, facts.get("family", "transformer")
