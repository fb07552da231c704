"""ONNX Runtime on CPUs, x86 and ARM, fp32 and int8. Needs onnxruntime, and onnx to write graphs; no torch."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnxruntime

from hat.engines.graph_runtime import Graph, GraphRuntime
from hat.engines.weights import Floats

ERRORS_ONLY = 3


class OnnxRunner:
    """See `hat.engines.graph_engine.Runner`. The graph is a file's path or its content.

    Inputs are arrays of the host, bound by their address; outputs likewise, once a run has told their shapes.
    """

    def __init__(self, graph: Graph, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = ERRORS_ONLY
        source = graph if isinstance(graph, bytes) else os.fspath(graph)
        self._session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        self._outputs = [found.name for found in self._session.get_outputs()]
        self.inputs: dict[str, Floats] = {}
        self._found: dict[str, Floats] = {}

    def resize(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        changed = {
            name: shape for name, shape in shapes.items() if name not in self.inputs or self.inputs[name].shape != shape
        }
        if changed:
            self.inputs = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
            self._found = {}

    def run(self) -> dict[str, Floats]:
        if self._found:
            self._session.run_with_iobinding(self._binding)
            return self._found
        self._found = dict(zip(self._outputs, self._session.run(self._outputs, self.inputs), strict=True))
        self._binding: Any = self._session.io_binding()
        for name, values in self.inputs.items():
            self._binding.bind_input(name, "cpu", 0, np.float32, values.shape, values.ctypes.data)
        for name, values in self._found.items():
            self._binding.bind_output(name, "cpu", 0, np.float32, values.shape, values.ctypes.data)
        return self._found


def _writer(dtype: str) -> Any:
    from hat.engines.onnx_file import OnnxWriter  # who has the files needs no onnx

    return OnnxWriter(dtype)


RUNTIME = GraphRuntime(
    version=onnxruntime.__version__,
    runner=OnnxRunner,
    writer=_writer,
    independent=lambda dtype: dtype != "int8",  # one scale for the activations of all rows
)
build, load, facts = RUNTIME.build, RUNTIME.load, RUNTIME.facts
