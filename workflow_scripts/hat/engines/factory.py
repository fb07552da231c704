"""From a device's description to an engine that holds a model. A runtime is imported only when a device names it."""

from __future__ import annotations

from hat.architecture import SubTransformer
from hat.engines.interface import Device, Engine, EngineFacts, Vocabularies
from hat.errors import InputError


def create_engine(sub: SubTransformer, vocabularies: Vocabularies, device: Device) -> Engine:
    """The engine that `device` names, holding the dense model of `sub` with random weights.

    InputError when this machine does not have that engine.
    """
    _check_known(device)
    from hat.engines.torch_eager import build

    return build(sub, vocabularies, device)


def engine_facts(device: Device) -> EngineFacts:
    """The facts of the engine that `device` names, on this machine. InputError when this machine does not have it."""
    _check_known(device)
    from hat.engines.torch_eager import facts

    return facts(device)


def _check_known(device: Device) -> None:
    if device.engine != "torch_eager":
        raise InputError(f"device {device.name}", f"unknown engine {device.engine!r}", "torch_eager")
