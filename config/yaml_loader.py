"""YAML as a stack file may have it: what JSON can say, YAML 1.2 booleans, text as keys, no key twice."""

from __future__ import annotations

import re
from typing import Any

import yaml

TAGS = ("null", "bool", "int", "float", "str", "seq", "map")


class StackLoader(yaml.SafeLoader):
    """SafeLoader without the YAML 1.1 surprises (``no`` as false, dates) and what the engine cannot pass on."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _error("a key is a word, not a list or a mapping", key)
            if key.value in seen:
                raise _error(f"the key {key.value!r} is there twice", key)
            seen.add(str(key.value))
        return super().construct_mapping(node, deep=deep)

    def construct_plain(self, node: yaml.Node) -> object:
        """A number or a switch; YAML lets a tag claim that anything is one, and Python reads no endless number."""
        kind = node.tag.rpartition(":")[2]
        try:
            return yaml.SafeLoader.yaml_constructors[node.tag](self, node)
        except (ValueError, KeyError, OverflowError):
            raise _error(f"this cannot be read as {kind}", node) from None

    def construct_refused(self, node: yaml.Node) -> object:
        raise _error(f"a stack file holds text, numbers, true and false, lists and mappings, no {node.tag}", node)


def _error(problem: str, node: yaml.Node) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


StackLoader.yaml_constructors = {
    tag: constructor
    for tag, constructor in yaml.SafeLoader.yaml_constructors.items()
    if tag and tag.rpartition(":")[2] in TAGS
}
for name in ("bool", "int", "float"):
    StackLoader.add_constructor(f"tag:yaml.org,2002:{name}", StackLoader.construct_plain)
StackLoader.add_constructor(None, StackLoader.construct_refused)
StackLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":timestamp"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
StackLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
