"""From a device's description to an engine that holds a model. A runtime is imported only when a device names it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from hat.architecture import SubTransformer
from hat.engines.interface import Device, Engine, EngineFacts, Vocabularies
from hat.errors import InputError, package

PAPER_BEAM = 5
RUNTIMES = {"litert": "ai_edge_litert", "onnxruntime": "onnxruntime"}
"""By engine, the module that it computes with; of those for which a shipped model has graphs."""
SHIPPED = tuple(RUNTIMES)
DTYPES = ("float32", "int8")
"""The number formats of those graphs."""
RUNS_ON: dict[str, dict[str, tuple[str, ...]]] = {
    "torch_eager": {"cpu": ("float32", "bfloat16", "float16"), "cuda": ("float32", "bfloat16", "float16")},
    **{engine: {"cpu": DTYPES} for engine in SHIPPED},
}
"""The processors of each engine, and the number formats that it has there."""


def create_engine(sub: SubTransformer, vocabularies: Vocabularies, device: Device, rows: int = PAPER_BEAM) -> Engine:
    """The engine that `device` names, holding the dense model of `sub` with random weights.

    It decodes up to `rows` hypotheses at once. InputError when there is no such engine here.
    """
    return runtime(device).build(sub, vocabularies, device, rows)


def engine_facts(device: Device) -> EngineFacts:
    """The facts of the engine that `device` names, on this machine. InputError when this machine does not have it."""
    return runtime(device).facts(device)


def check(engine: str, processor: str, dtype: str, place: str) -> None:
    """InputError, naming `place`, unless there is such an engine with this processor and this number format."""
    if engine not in RUNS_ON:
        raise InputError(f"{place} > engine", f"unknown engine {engine!r}", ", ".join(RUNS_ON))
    processors = RUNS_ON[engine]
    if processor not in processors:
        raise InputError(f"{place} > processor", f"{processor!r} with the engine {engine}", ", ".join(processors))
    if dtype not in processors[processor]:
        raise InputError(f"{place} > dtype", f"{dtype!r} with the engine {engine}", ", ".join(processors[processor]))


def module_of(engine: str) -> str:
    """The module that holds an engine: what is behind its latencies."""
    return f"hat.engines.{engine}"


def runtime(device: Device) -> Any:
    """The module of the engine that `device` names. InputError when this machine does not have it."""
    check(device.engine, device.processor, device.dtype, f"device {device.name}")
    try:
        return import_module(module_of(device.engine))
    except ModuleNotFoundError as error:
        needed = package(error.name)
        raise InputError(
            f"device {device.name}", f"the engine {device.engine} needs {needed}", f"pip install {needed}"
        ) from None
