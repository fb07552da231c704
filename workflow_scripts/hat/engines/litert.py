"""LiteRT (TFLite files, XNNPACK kernels) on CPUs, x86 and ARM, fp32 and int8. Needs ai-edge-litert, no torch."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from importlib.metadata import version

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from hat.architecture import SubTransformer
from hat.engines.embeddings import Embeddings
from hat.engines.graph_engine import GraphEngine
from hat.engines.graphs import write_encoder, write_step
from hat.engines.interface import Device, EngineFacts, Vocabularies, cpu_name
from hat.engines.tflite import TfliteWriter
from hat.engines.weights import Floats, Weights, random_weights

Graph = bytes | os.PathLike[str]
"""A graph's content, or its file."""


class LiteRtRunner:
    """See `hat.engines.graph_engine.Runner`. The graph is a file's path or its content."""

    def __init__(self, graph: Graph, threads: int) -> None:
        source = {"model_content": graph} if isinstance(graph, bytes) else {"model_path": os.fspath(graph)}
        self._content = graph  # the interpreter reads weights from it and keeps no reference
        self._interpreter = Interpreter(**source, num_threads=threads)
        self._inputs = {found["name"]: found["index"] for found in self._interpreter.get_input_details()}
        self._outputs = {found["name"]: found["index"] for found in self._interpreter.get_output_details()}
        self.inputs: dict[str, Floats] = {}
        self._found: dict[str, Floats] = {}
        self._allocate()

    def resize(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        changed = {name: shape for name, shape in shapes.items() if self.inputs[name].shape != shape}
        for name, shape in changed.items():
            self._interpreter.resize_tensor_input(self._inputs[name], shape)
        if changed:
            self._allocate()

    def run(self) -> dict[str, Floats]:
        self._interpreter.invoke()
        if not self._found:
            self._found = {name: self._view(index) for name, index in self._outputs.items()}
        return self._found

    def _allocate(self) -> None:
        self._interpreter.allocate_tensors()
        self.inputs = {name: self._view(index) for name, index in self._inputs.items()}
        self._found = {}  # outputs whose shapes follow from others have them after a run
        for values in self.inputs.values():
            values[:] = 0

    def _view(self, index: int) -> Floats:
        """The tensor's memory by its address: the interpreter refuses to run while arrays of its own making live."""
        values = self._interpreter.tensor(index)()
        shape, address = values.shape, values.__array_interface__["data"][0]
        del values
        return np.ctypeslib.as_array(ctypes.cast(address, ctypes.POINTER(ctypes.c_float)), shape)


def build(sub: SubTransformer, vocabularies: Vocabularies, device: Device, rows: int) -> GraphEngine:
    """The dense model of `sub`, with random weights."""
    return build_with(sub, random_weights(sub, vocabularies), device, rows)


def build_with(sub: SubTransformer, weights: Weights, device: Device, rows: int) -> GraphEngine:
    """The dense model of `sub` with these weights."""
    return load(sub, Embeddings.of(sub, weights, device.dtype), graphs(sub, weights, device.dtype, rows), device, rows)


def load(
    sub: SubTransformer, embeddings: Embeddings, graphs: tuple[Graph, Graph], device: Device, rows: int
) -> GraphEngine:
    """The model of two graphs, encoder and step, as `graphs` writes them."""
    encoder, step = (LiteRtRunner(graph, device.threads) for graph in graphs)
    return GraphEngine(sub, embeddings, encoder, step, rows=rows, independent=True)


def graphs(sub: SubTransformer, weights: Weights, dtype: str, rows: int) -> tuple[bytes, bytes]:
    """The files of encoder and step."""
    encoder, step = TfliteWriter(dtype), TfliteWriter(dtype)
    write_encoder(encoder, sub, weights)
    write_step(step, sub, weights, rows)
    return encoder.content(), step.content()


def facts(device: Device) -> EngineFacts:
    return EngineFacts(
        engine=device.engine,
        engine_version=version("ai-edge-litert"),
        processor=cpu_name(),
        dtype=device.dtype,
        threads=device.threads,
    )
