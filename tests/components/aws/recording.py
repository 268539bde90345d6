"""Records what one component registers, with parents, options and dependencies, which Pulumi's mocks drop."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

from rehearsal.graph.model import Graph, Resource
from rehearsal.graph.record import record_graph

_PROJECT = "name: vllm\nruntime: python\n"
_STACK = "config:\n  aws:region: us-east-1\n"


def record(program: str, *, network: Mapping[str, Any] | None = None) -> Graph:
    """The graph of a program text that builds a component. ``network``: one that is there, as a stack file names it."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "Pulumi.yaml").write_text(_PROJECT, encoding="utf-8")
        (root / "Pulumi.test.yaml").write_text(_STACK + _network(network), encoding="utf-8")
        (root / "__main__.py").write_text(dedent(program), encoding="utf-8")
        return record_graph(stack="test", root=root)


def _network(network: Mapping[str, Any] | None) -> str:
    return f"  vllm:network: {json.dumps(network)}\n" if network else ""


def named(graph: Graph, type_: str) -> dict[str, Resource]:
    """The resources of a type by logical name."""
    return {resource.name: resource for resource in graph.of_type(type_)}
