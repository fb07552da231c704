"""One file per model: its architecture, its weights and the facts about their making. Loaded with weights only."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from hat.architecture import SubTransformer
from hat.errors import InputError
from hat.model.packing import Packed, plain
from hat.model.tensors import read_tensors, refusing, write_tensors
from hat.model.transformer import Transformer


def save_checkpoint(
    path: str | os.PathLike[str], model: Any, packed: Mapping[str, Packed] | None = None, **facts: Any
) -> None:
    """Write `model` (fp32, on the CPU) and `facts` (JSON values) to `path`, whole or not at all.

    Weights that `packed` holds are stored as it has them (`hat.model.quantisation`).
    """
    state = {name: weight.detach().float().cpu() for name, weight in model.state_dict().items()}
    record = {
        "architecture": model.architecture.to_dict(),
        "source_vocabulary": model.source_vocabulary,
        "target_vocabulary": model.target_vocabulary,
        "share_embeddings": model.share_embeddings,
        "padding_index": model.padding_index,
        "weights": state | dict(packed or {}),
        "facts": facts,
    }
    write_tensors(path, record)


def load_checkpoint(
    path: str | os.PathLike[str], families: Mapping[str, Callable[..., Any]] | None = None
) -> tuple[Any, dict[str, Any]]:
    """The model in eval mode, without dropout, and its facts. InputError when the file is missing or corrupt.

    It is a Transformer, unless its facts name one of other `families`, whose function then makes it.
    """
    makers = {"transformer": Transformer, **(families or {})}
    with refusing(path, "a checkpoint of this project"):
        record = read_tensors(path)
        family = record["facts"].get("family", "transformer")
        if family not in makers:
            raise InputError(path, f"a model of the family {family!r}", ", ".join(makers))
        model = makers[family](
            SubTransformer.from_dict(record["architecture"], path),
            source_vocabulary=record["source_vocabulary"],
            target_vocabulary=record["target_vocabulary"],
            share_embeddings=record["share_embeddings"],
            padding_index=record["padding_index"],
        )
        model.load_state_dict(plain(record["weights"]))
        return model.eval(), record["facts"]
