"""Writes a graph as a TFLite file, with fp32 or int8 weights, operation by operation.

int8 weights have one scale for each output channel; the runtime quantises activations on the fly, one scale for each
row. XNNPACK then multiplies integers (VNNI on x86, dot products on ARM). Matrices lie behind the flatbuffer at offsets
that it names, so that a file is read by mapping it into memory, and others may refer to what lies in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from hat.engines.graphs import NORM_EPSILON, Open
from hat.engines.quantised import quantise_rows
from hat.engines.weights import Floats

FILE_IDENTIFIER = b"TFL3"
SCHEMA_VERSION = 3
PER_CHANNEL_VERSION = 9
"""Of FULLY_CONNECTED: fp32 activations quantised on the fly, int8 weights with a scale for each output channel."""
ALIGNMENT = 64
EMPTY_BUFFERS = 1
"""The format's first buffer is empty: that of tensors that a run computes."""

TYPES = {"float32": schema.TensorType.FLOAT32, "int32": schema.TensorType.INT32, "int8": schema.TensorType.INT8}


class TfliteWriter:
    """See `hat.engines.graphs.Writer`: a tensor is its number. `dtype` is float32 or int8."""

    def __init__(self, dtype: str) -> None:
        self.int8 = dtype == "int8"
        self._graph = schema.SubGraphT()
        self._graph.tensors, self._graph.operators, self._graph.inputs, self._graph.outputs = [], [], [], []
        self._shapes: list[tuple[int, ...]] = []
        self._data: list[memoryview] = []
        self._behind: dict[str, int] = {}
        self._codes: dict[tuple[str, int], int] = {}

    def input(self, name: str, shape: Sequence[int]) -> int:
        tensor = self._tensor(shape, name=name)
        self._graph.tensors[tensor].shapeSignature = [-1 if isinstance(size, Open) else size for size in shape]
        self._graph.inputs.append(tensor)
        return tensor

    def output(self, tensor: int, name: str) -> None:
        self._graph.tensors[tensor].name = name.encode()
        self._graph.outputs.append(tensor)

    def linear(self, x: int, weight: Floats, bias: Floats | None, *, name: str, relu: bool = False) -> int:
        shape = (self._shapes[x][0], weight.shape[0])
        options = {"fusedActivationFunction": int(relu), "asymmetricQuantizeInputs": self.int8}
        addend = -1 if bias is None else self._constant(bias)
        matrix = self._quantised(weight, name) if self.int8 else self._constant(weight, name)
        version = PER_CHANNEL_VERSION if self.int8 else 1
        return self._add("FULLY_CONNECTED", [x, matrix, addend], shape, "FullyConnected", options, version)

    def norm(self, x: int, weight: Floats, bias: Floats) -> int:
        centred = self._binary("SUB", x, self._reduced("MEAN", x))
        variance = self._reduced("MEAN", self.multiply(centred, centred))
        epsilon = self._constant(np.full((1, 1), NORM_EPSILON, np.float32))
        scale = self._unary("RSQRT", self.add(variance, epsilon))
        scaled = self.multiply(self.multiply(centred, scale), self._constant(weight))
        return self.add(scaled, self._constant(bias))

    def add(self, a: int, b: int) -> int:
        return self._binary("ADD", a, b)

    def multiply(self, a: int, b: int) -> int:
        return self._binary("MUL", a, b)

    def matmul(self, a: int, b: int, *, transpose: bool = False) -> int:
        left, right = self._shapes[a], self._shapes[b]
        columns = right[-2] if transpose else right[-1]
        options = {"adjX": False, "adjY": transpose}
        return self._add("BATCH_MATMUL", [a, b], (*left[:-1], columns), "BatchMatMul", options)

    def softmax(self, x: int) -> int:
        return self._add("SOFTMAX", [x], self._shapes[x], "Softmax", {"beta": 1.0})

    def sum(self, x: int) -> int:
        return self._reduced("SUM", x)

    def log_sum_exp(self, x: int) -> int:
        largest = self._reduced("REDUCE_MAX", x)
        total = self.sum(self._unary("EXP", self._binary("SUB", x, largest)))
        return self.add(self._unary("LOG", total), largest)

    def reshape(self, x: int, *shape: int) -> int:
        rest = prod(self._shapes[x]) // -prod(shape) if -1 in shape else 0
        known = [rest if size == -1 else size for size in shape]
        wanted = self._constant(np.array(shape, np.int32))
        return self._add("RESHAPE", [x, wanted], known, "Reshape", {"newShape": list(shape)})

    def transpose(self, x: int, *axes: int) -> int:
        order = self._constant(np.array(axes, np.int32))
        return self._add("TRANSPOSE", [x, order], [self._shapes[x][axis] for axis in axes], "Transpose")

    def split(self, x: int, parts: int, axis: int) -> list[int]:
        shape = list(self._shapes[x])
        shape[axis] //= parts
        place = self._constant(np.array(axis, np.int32))
        return self._operate("SPLIT", [place, x], [shape] * parts, "Split", {"numSplits": parts})

    def concat(self, tensors: Sequence[int], axis: int) -> int:
        shape = list(self._shapes[tensors[0]])
        shape[axis] = sum(self._shapes[tensor][axis] for tensor in tensors)
        return self._add("CONCATENATION", tensors, shape, "Concatenation", {"axis": axis})

    def content(self) -> bytes:
        """The file. It is packed twice: where the weights lie depends on the size of what comes before them."""
        content = bytearray(self._packed(self._offsets(first=1)))
        offsets = self._offsets(_aligned(len(content)))
        content[:] = self._packed(offsets)
        for number, offset in offsets.items():
            content.extend(b"\0" * (offset - len(content)))
            content.extend(self._data[number])
        return bytes(content)

    def stored(self) -> dict[str, int]:
        """Where in the file the weights with names lie, in bytes from its start, row after row."""
        offsets = self._offsets(_aligned(len(self._packed(self._offsets(first=1)))))
        return {name: offsets[number] for name, number in self._behind.items()}

    def _offsets(self, first: int) -> dict[int, int]:
        """Of the data behind the flatbuffer, which begins at `first`."""
        found = {}
        for number in self._behind.values():
            found[number] = first
            first = _aligned(first + len(self._data[number]))
        return found

    def _packed(self, offsets: Mapping[int, int]) -> bytes:
        model, buffers = schema.ModelT(), [schema.BufferT() for _ in range(EMPTY_BUFFERS)]
        for number, data in enumerate(self._data):
            buffer = schema.BufferT()
            if number in offsets:
                buffer.offset, buffer.size = offsets[number], len(data)
            else:
                buffer.data = np.frombuffer(data, np.uint8)
            buffers.append(buffer)
        model.version, model.subgraphs, model.buffers = SCHEMA_VERSION, [self._graph], buffers
        model.operatorCodes = [_operator_code(name, version) for name, version in self._codes]
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(model.Pack(builder), FILE_IDENTIFIER)
        return bytes(builder.Output())

    def _tensor(self, shape: Sequence[int], dtype: str = "float32", name: str = "") -> int:
        tensor = schema.TensorT()
        tensor.shape, tensor.type, tensor.hasRank = [int(size) for size in shape], TYPES[dtype], True
        tensor.name = (name or f"t{len(self._shapes)}").encode()
        self._graph.tensors.append(tensor)
        self._shapes.append(tuple(tensor.shape))
        return len(self._shapes) - 1

    def _constant(self, values: NDArray[Any], name: str = "") -> int:
        tensor = self._tensor(values.shape, str(values.dtype), name)
        if name:
            self._behind[name] = len(self._data)
        self._data.append(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
        self._graph.tensors[tensor].buffer = EMPTY_BUFFERS + len(self._data) - 1
        return tensor

    def _quantised(self, matrix: Floats, name: str) -> int:
        values, scales = quantise_rows(matrix)
        tensor = self._constant(values, name)
        facts = schema.QuantizationParametersT()
        facts.scale, facts.zeroPoint, facts.quantizedDimension = scales, np.zeros(len(scales), np.int64), 0
        self._graph.tensors[tensor].quantization = facts
        return tensor

    def _binary(self, code: str, a: int, b: int) -> int:
        return self._add(code, [a, b], np.broadcast_shapes(self._shapes[a], self._shapes[b]), code.title())

    def _unary(self, code: str, x: int) -> int:
        return self._add(code, [x], self._shapes[x])

    def _reduced(self, code: str, x: int) -> int:
        """Over the last axis, which stays."""
        shape = self._shapes[x]
        axis = self._constant(np.array([len(shape) - 1], np.int32))
        return self._add(code, [x, axis], (*shape[:-1], 1), "Reducer", {"keepDims": True})

    def _add(
        self,
        code: str,
        inputs: Sequence[int],
        shape: Sequence[int],
        options: str = "",
        values: dict[str, Any] | None = None,
        version: int = 1,
    ) -> int:
        return self._operate(code, inputs, [shape], options, values, version)[0]

    def _operate(
        self,
        code: str,
        inputs: Sequence[int],
        shapes: Sequence[Sequence[int]],
        options: str = "",
        values: dict[str, Any] | None = None,
        version: int = 1,
    ) -> list[int]:
        """One operation with fp32 outputs of `shapes`. `options` is the format's name for those of this operation."""
        operator = schema.OperatorT()
        operator.opcodeIndex = self._codes.setdefault((code, version), len(self._codes))
        operator.inputs = list(inputs)
        operator.outputs = outputs = [self._tensor(shape) for shape in shapes]
        if options:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, f"{options}Options")
            operator.builtinOptions = getattr(schema, f"{options}OptionsT")()
            for name, value in (values or {}).items():
                setattr(operator.builtinOptions, name, value)
        self._graph.operators.append(operator)
        return outputs


def _operator_code(name: str, version: int) -> Any:
    code = schema.OperatorCodeT()
    code.builtinCode, code.version = getattr(schema.BuiltinOperator, name), version
    code.deprecatedBuiltinCode = min(code.builtinCode, 127)  # a byte, in files of before
    return code


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
