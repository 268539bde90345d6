"""The graph as text, laid out as ``pulumi preview`` shows it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.graph.model import Graph, Resource

_MODULE_AND_FILE = re.compile(r"^([^:]+):([^:/]+)/[^:]+:([^:]+)$")


def render_tree(graph: Graph) -> str:
    """The tree of resources, then the stack's outputs, then how many there are."""
    rows = [("Type", "Name", "Plan")]
    rows += [
        (
            f"{branch}{short_type(resource.type)}",
            resource.name,
            "create, protected" if resource.protect else "create",
        )
        for branch, resource in _branches(graph)
    ]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines = [
        f" {' ' if index == 0 else '+'}   {kind:<{widths[0]}}  {name:<{widths[1]}}  {plan}"
        for index, (kind, name, plan) in enumerate(rows)
    ]
    outputs = [line for key, value in graph.stack.outputs.items() for line in _output(key, value, indent="    ")]
    return "\n".join([*lines, "", "Outputs:", *outputs, "", "Resources:", f"    + {len(graph.resources)} to create"])


def short_type(type_: str) -> str:
    """``aws:ec2/vpc:Vpc`` as ``aws:ec2:Vpc``; other tokens as they are."""
    return _MODULE_AND_FILE.sub(r"\1:\2:\3", type_)


def _output(key: str, value: Any, *, indent: str) -> Iterator[str]:
    """One line for a scalar and for a list of them; a mapping or a list of mappings is laid out below its key."""
    if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        value = {f"[{index}]": item for index, item in enumerate(value)}
    if isinstance(value, Mapping) and value:
        yield f"{indent}{key}:"
        width = max(len(name) for name in value)
        for name, item in value.items():
            yield from _output(
                name if isinstance(item, Mapping | list) else f"{name:<{width}}", item, indent=indent + "    "
            )
    else:
        yield f"{indent}{key}: {json.dumps(value, ensure_ascii=False)}"


def _branches(graph: Graph) -> Iterator[tuple[str, Resource]]:
    def below(parent: Resource, indent: str) -> Iterator[tuple[str, Resource]]:
        children = graph.children(parent.urn)
        for index, child in enumerate(children):
            last = index == len(children) - 1
            yield indent + ("└─ " if last else "├─ "), child
            yield from below(child, indent + ("   " if last else "│  "))

    yield "", graph.stack
    yield from below(graph.stack, "")
