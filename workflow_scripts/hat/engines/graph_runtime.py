"""What runtimes of graphs have in common: a model's graphs written, loaded, and held by an engine."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hat.architecture import SubTransformer
from hat.engines import pages
from hat.engines.embeddings import Embeddings
from hat.engines.graph_engine import GraphEngine, Runner
from hat.engines.graphs import PARTS, write_graph
from hat.engines.interface import Device, EngineFacts, Vocabularies, cpu_name
from hat.engines.weights import Weights, random_weights

Graph = bytes | os.PathLike[str]
"""A graph's content, or its file."""


@dataclass(frozen=True, kw_only=True)
class GraphRuntime:
    """A runtime on CPUs."""

    version: str
    runner: Callable[[Graph, int], Runner]
    """Of a graph and the number of threads."""
    writer: Callable[[str], Any]
    """Of a number format: a `hat.engines.graphs.Writer` with the method `content`."""
    independent: Callable[[str], bool]
    """Of a number format: whether the logits of a sentence stay the same whatever else is in the batch."""

    def build(self, sub: SubTransformer, vocabularies: Vocabularies, device: Device, rows: int) -> GraphEngine:
        """The dense model of `sub`, with random weights."""
        return self.build_with(sub, random_weights(sub, vocabularies), device, rows)

    def build_with(self, sub: SubTransformer, weights: Weights, device: Device, rows: int) -> GraphEngine:
        """The dense model of `sub` with these weights."""
        written = self.graphs(sub, weights, device.dtype, rows)
        return self.load(sub, Embeddings.of(sub, weights, device.dtype), written, device, rows)

    def graphs(self, sub: SubTransformer, weights: Weights, dtype: str, rows: int) -> list[bytes]:
        """The contents of the files of `PARTS`."""
        contents = []
        for part in PARTS:
            writer = self.writer(dtype)
            write_graph(part, writer, sub, weights, rows)
            contents.append(writer.content())
        return contents

    def load(
        self, sub: SubTransformer, embeddings: Embeddings, graphs: Sequence[Graph], device: Device, rows: int
    ) -> GraphEngine:
        """The model of the graphs of `PARTS`."""
        encoder, step, output = (self.runner(graph, device.threads) for graph in graphs)  # the largest first, mostly
        pages.join()
        independent = self.independent(device.dtype)
        return GraphEngine(sub, embeddings, encoder, step, output, rows=rows, independent=independent)

    def facts(self, device: Device) -> EngineFacts:
        return EngineFacts.of(device, version=self.version, processor=cpu_name())
