"""YAML without its traps: each key once, dates are text, nothing that contains itself or multiplies."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import chain
from typing import Any

import yaml

MOST_DEPTH = 100
MOST_NODES = 200_000
"""Values of a file, those that aliases repeat counted each time."""


class Loader(yaml.SafeLoader):
    """PyYAML's, with these rules."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise yaml.YAMLError("nested too deeply")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        known: set[tuple[str, str]] = set()
        for key, _ in node.value:
            named = key.tag, str(key.value)
            if named in known:
                raise yaml.constructor.ConstructorError(problem=f"key {key.value!r} twice", problem_mark=key.start_mark)
            known.add(named)
        return super().construct_mapping(node, deep)


DATE = "tag:yaml.org,2002:timestamp"
Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != DATE]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load(text: str) -> Any:
    """The value of a YAML document. yaml.YAMLError when it is none; its `problem_mark` says where, if anything does."""
    loader = Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _check(node)
        return loader.construct_document(node)
    except (ValueError, OverflowError) as error:  # whole numbers of thousands of digits, `0x_`
        raise yaml.YAMLError(str(error)) from None
    finally:
        loader.dispose()


def _check(root: yaml.Node) -> None:
    """YAMLError for a value that contains itself, or that aliases make too large."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: yaml.Node) -> int:
        if id(node) in sizes:
            return sizes[id(node)]
        if id(node) in open_nodes:
            raise yaml.YAMLError("an alias of a value inside of that value")
        open_nodes.add(id(node))
        parts = [*chain(*node.value)] if isinstance(node, yaml.MappingNode) else node.value
        found = 1 if isinstance(node, yaml.ScalarNode) else 1 + sum(map(size, parts))
        open_nodes.discard(id(node))
        if found > MOST_NODES:
            raise yaml.YAMLError(f"more than {MOST_NODES:,} values")
        sizes[id(node)] = found
        return found

    size(root)
