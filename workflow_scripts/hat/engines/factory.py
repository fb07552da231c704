"""From a device's description to an engine that holds a model."""

from __future__ import annotations

from hat.engines.interface import Device, Engine, EngineFacts
from hat.engines.torch_eager import TorchEager, facts
from hat.errors import InputError
from hat.model.transformer import Transformer


def create_engine(model: Transformer, device: Device) -> Engine:
    """The engine that `device` names, holding `model`. InputError when this machine does not have it."""
    _check_known(device)
    return TorchEager(model, device)


def engine_facts(device: Device) -> EngineFacts:
    """The facts of the engine that `device` names, on this machine. InputError when this machine does not have it."""
    _check_known(device)
    return facts(device)


def _check_known(device: Device) -> None:
    if device.engine != "torch_eager":
        raise InputError(f"device {device.name}", f"unknown engine {device.engine!r}", "torch_eager")
