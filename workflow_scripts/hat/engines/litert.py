"""LiteRT (TFLite files, XNNPACK kernels) on CPUs, x86 and ARM, fp32 and int8. Needs ai-edge-litert, no torch."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from hat.engines import pages
from hat.engines.graph_runtime import Graph, GraphRuntime
from hat.engines.tflite import TfliteWriter
from hat.engines.weights import Floats


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
        if not isinstance(graph, bytes):
            pages.forget(Path(graph))

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


RUNTIME = GraphRuntime(
    version=version("ai-edge-litert"), runner=LiteRtRunner, writer=TfliteWriter, independent=lambda dtype: True
)
build, load, facts = RUNTIME.build, RUNTIME.load, RUNTIME.facts
