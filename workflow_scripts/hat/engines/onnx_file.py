"""Writes a graph as an ONNX file, with fp32 or int8 weights, operation by operation.

int8 weights have one scale for each output channel; ONNX Runtime quantises activations on the fly, one scale for all
rows of a product, and multiplies integers (VNNI on x86, dot products on ARM). Matrices may lie in another file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from hat.engines.graphs import NORM_EPSILON, Open
from hat.engines.quantised import quantise_rows
from hat.engines.weights import Floats

OPERATORS, FILE_FORMAT = 17, 9
"""Versions of the operations and of the file that every current runtime reads."""
RUNTIMES_OWN = "com.microsoft"


class OnnxWriter:
    """See `hat.engines.graphs.Writer`: a tensor is its name. `dtype` is float32 or int8.

    Matrices are part of the file, unless `stored` says at which offsets they lie in the file `beside` it.
    """

    def __init__(self, dtype: str, stored: Mapping[str, int] | None = None, beside: str = "") -> None:
        self.int8 = dtype == "int8"
        self._stored, self._beside = stored or {}, beside
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []
        self._made = 0

    def input(self, name: str, shape: Sequence[int]) -> str:
        sizes = [size.axis if isinstance(size, Open) else size for size in shape]
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes))
        return name

    def output(self, tensor: str, name: str) -> None:
        self._nodes.append(helper.make_node("Identity", [tensor], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))

    def linear(self, x: str, weight: Floats, bias: Floats | None, *, name: str, relu: bool = False) -> str:
        addend = [] if bias is None else [self._constant(bias)]
        if self.int8:
            values, scales = quantise_rows(weight)
            columns = self.transpose(self._matrix(values, name), 1, 0)  # done once, when the file is loaded
            inputs = [x, columns, self._constant(scales)]
            y = self._add("DynamicQuantizeMatMul", [*inputs, "", *addend] if addend else inputs, domain=RUNTIMES_OWN)
        else:
            y = self._add("Gemm", [x, self._matrix(weight, name), *addend], transB=1)
        return self._add("Relu", [y]) if relu else y

    def norm(self, x: str, weight: Floats, bias: Floats) -> str:
        inputs = [x, self._constant(weight), self._constant(bias)]
        return self._add("LayerNormalization", inputs, axis=-1, epsilon=NORM_EPSILON)

    def add(self, a: str, b: str) -> str:
        return self._add("Add", [a, b])

    def multiply(self, a: str, b: str) -> str:
        return self._add("Mul", [a, b])

    def matmul(self, a: str, b: str, *, transpose: bool = False) -> str:
        if transpose:
            return self._add("FusedMatMul", [a, b], domain=RUNTIMES_OWN, transB=1)
        return self._add("MatMul", [a, b])

    def softmax(self, x: str) -> str:
        return self._add("Softmax", [x], axis=-1)

    def sum(self, x: str) -> str:
        return self._add("ReduceSum", [x, self._constant(np.array([-1]))])

    def log_sum_exp(self, x: str) -> str:
        largest = self._add("ReduceMax", [x], axes=[-1])
        total = self.sum(self._add("Exp", [self._add("Sub", [x, largest])]))
        return self.add(self._add("Log", [total]), largest)

    def reshape(self, x: str, *shape: int) -> str:
        return self._add("Reshape", [x, self._constant(np.array(shape))])

    def transpose(self, x: str, *axes: int) -> str:
        return self._add("Transpose", [x], perm=list(axes))

    def split(self, x: str, parts: int, axis: int) -> list[str]:
        outputs = [self._name() for _ in range(parts)]
        self._nodes.append(helper.make_node("Split", [x], outputs, axis=axis))
        return outputs

    def concat(self, tensors: Sequence[str], axis: int) -> str:
        return self._add("Concat", list(tensors), axis=axis)

    def content(self) -> bytes:
        """The file."""
        graph = helper.make_graph(self._nodes, "hat", self._inputs, self._outputs, self._constants)
        versions = [helper.make_opsetid("", OPERATORS), helper.make_opsetid(RUNTIMES_OWN, 1)]
        content: bytes = helper.make_model(graph, opset_imports=versions, ir_version=FILE_FORMAT).SerializeToString()
        return content

    def _name(self) -> str:
        self._made += 1
        return f"t{self._made}"

    def _constant(self, values: NDArray[Any]) -> str:
        name = self._name()
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _matrix(self, values: NDArray[Any], name: str) -> str:
        if name not in self._stored:
            return self._constant(values)
        dtype = helper.np_dtype_to_tensor_dtype(values.dtype)
        tensor = TensorProto(name=self._name(), data_type=dtype, dims=values.shape, data_location=TensorProto.EXTERNAL)
        place = {"location": self._beside, "offset": self._stored[name], "length": values.nbytes}
        for key, value in place.items():
            tensor.external_data.add(key=key, value=str(value))
        self._constants.append(tensor)
        return tensor.name

    def _add(self, code: str, inputs: Sequence[str], domain: str = "", **attributes: Any) -> str:
        name = self._name()
        self._nodes.append(helper.make_node(code, inputs, [name], domain=domain, **attributes))
        return name
