"""Each shape as a case of the whole-program tests."""

from __future__ import annotations

from functools import cache

from config.sources import load_stack_file
from rehearsal.graph.record import record_graph
from sizing.prepare import prepare
from tests.program.cases import ROOT, Case, stack_folder
from tests.shapes.shapes import BY_STACK


@cache
def load_shape(stack: str) -> Case:
    """The case of the shape with this stack name; recorded once per session."""
    with stack_folder(stack=stack, values=BY_STACK[stack].config()) as root:
        config, plan = prepare(load_stack_file(stack=stack, root=root))
        graph = record_graph(stack=stack, root=root, program=ROOT / "__main__.py")
    return Case(name=stack, config=config, plan=plan, graph=graph)
