"""The rows of the table of changes as a review gets them: the prod stack's graph and plan before and after each."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from config.placeholders import with_stand_ins
from config.sources import load_stack_file
from rehearsal.graph.model import STACK_TYPE
from rehearsal.graph.record import record_graph
from review.model import Revision
from sizing.plan_view import whole_plan_dict
from sizing.prepare import prepare
from tests.e2e.change import Change
from tests.e2e.changes import CHANGES
from tests.e2e.revision import checked_out
from tests.program.cases import ROOT, stack_folder, values_of

STACK = "prod"
STAND_IN_AMI, OTHER_AMI = "ami-0123456789abcdef0", "ami-0fedcba9876543210"
"""What the graph has for the newest image is what a row means by another one."""
ROWS: Mapping[str, Change] = {change.name: change for change in CHANGES}


@cache
def before() -> Revision:
    """The committed stack file."""
    values, _ = with_stand_ins(values_of(STACK))
    return _recorded(values, stack=STACK)


@cache
def after(name: str) -> Revision:
    """With the change of this row."""
    change = ROWS[name]
    values, _ = with_stand_ins(values_of(STACK))
    values = copy.deepcopy(values)
    config: Any = json.loads(json.dumps(change.config).replace(STAND_IN_AMI, OTHER_AMI))
    replace(change, config=config).apply(values, outputs=outputs_of(before()))
    if not change.program:
        return _recorded(values, stack=change.stack or STACK)
    with checked_out(change.program) as folder:
        return _recorded(values, stack=STACK, program=folder)


def outputs_of(revision: Revision) -> Mapping[str, Any]:
    """Of the stack."""
    found = next(resource["outputs"] for resource in revision.graph if resource["type"] == STACK_TYPE)
    assert isinstance(found, Mapping)
    return found


def _recorded(values: Mapping[str, Any], *, stack: str, program: Path = ROOT) -> Revision:
    """``program``: the folder that it is in."""
    with stack_folder(stack=stack, values=values) as root:
        _, plan = prepare(load_stack_file(stack=stack, root=root))
        graph = record_graph(stack=stack, root=root, program=program / "__main__.py")
    return Revision(
        graph=tuple(resource.as_dict() for resource in graph), plan=whole_plan_dict(plan), files={}, violations=()
    )
