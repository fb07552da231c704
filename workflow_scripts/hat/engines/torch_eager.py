"""PyTorch in eager mode, on CPU or CUDA."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from hat.architecture import SubTransformer
from hat.engines.interface import Device, EngineFacts, Vocabularies, cpu_name
from hat.errors import InputError
from hat.model.transformer import DecoderState, Encoded, Transformer

ENGINE = "torch_eager"
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


class TorchEager:
    """See `hat.engines.interface.Engine`. Puts `model` into eval mode, on the device's processor and in its dtype.

    `model` is a Transformer, or another torch model with its methods. The number of threads is torch's own setting: it
    holds for the whole process. InputError when `device` names another engine, or what torch does not find here.
    """

    def __init__(self, model: Any, device: Device) -> None:
        if device.engine != ENGINE:
            raise InputError(f"device {device.name}", f"engine {device.engine!r} cannot hold a torch model", ENGINE)
        self.processor = _processor(device)
        torch.set_num_threads(device.threads)
        self.model = model.eval().to(self.processor, _dtype(device))

    def tokens(self, ids: Sequence[int]) -> Tensor:
        return torch.tensor(ids, dtype=torch.long, device=self.processor)

    @torch.inference_mode()
    def encode(self, source: Tensor) -> Encoded:
        return self.model.encode(source[None])

    @torch.inference_mode()
    def start(self, encoded: Encoded, rows: int) -> DecoderState:
        return self.model.start(encoded, rows)

    @torch.inference_mode()
    def step(self, tokens: Tensor, state: DecoderState) -> Tensor:
        return self.model.step(tokens, state)

    def synchronise(self) -> None:
        if self.processor.type == "cuda":
            torch.cuda.synchronize(self.processor)


def build(sub: SubTransformer, vocabularies: Vocabularies, device: Device, rows: int) -> TorchEager:
    """The dense model of `sub`, with random weights, for any number of `rows`."""
    model = Transformer(
        sub,
        source_vocabulary=vocabularies.source_vocabulary,
        target_vocabulary=vocabularies.target_vocabulary,
        share_embeddings=vocabularies.share_embeddings,
    )
    return TorchEager(model, device)


def facts(device: Device) -> EngineFacts:
    processor = _processor(device)
    _dtype(device)
    name = torch.cuda.get_device_name(processor) if processor.type == "cuda" else cpu_name()
    return EngineFacts.of(device, version=torch.__version__, processor=name)


def _processor(device: Device) -> torch.device:
    available = ["cpu"] + (["cuda"] if torch.cuda.is_available() else [])
    if device.processor not in available:
        raise InputError(f"device {device.name}", f"torch finds no {device.processor!r} here", ", ".join(available))
    return torch.device(device.processor)


def _dtype(device: Device) -> torch.dtype:
    if device.dtype not in DTYPES:
        raise InputError(f"device {device.name}", f"dtype: {device.dtype!r} for a torch model", ", ".join(DTYPES))
    return DTYPES[device.dtype]
