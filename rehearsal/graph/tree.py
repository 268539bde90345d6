"""The graph as text, laid out as ``pulumi preview`` shows it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

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
    outputs = [f"    {key}: {json.dumps(value)}" for key, value in graph.stack.outputs.items()]
    return "\n".join([*lines, "", "Outputs:", *outputs, "", "Resources:", f"    + {len(graph.resources)} to create"])


def short_type(type_: str) -> str:
    """``aws:ec2/vpc:Vpc`` as ``aws:ec2:Vpc``; other tokens as they are."""
    return _MODULE_AND_FILE.sub(r"\1:\2:\3", type_)


def _branches(graph: Graph) -> Iterator[tuple[str, Resource]]:
    def below(parent: Resource, indent: str) -> Iterator[tuple[str, Resource]]:
        children = graph.children(parent.urn)
        for index, child in enumerate(children):
            last = index == len(children) - 1
            yield indent + ("└─ " if last else "├─ "), child
            yield from below(child, indent + ("   " if last else "│  "))

    yield "", graph.stack
    yield from below(graph.stack, "")
