"""The steps of a preview as changes of resources: which property, from what to what, and whether it replaces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policies.read import name_of, resource_of, type_of
from review.model import Forces, Op, PropertyChange, ResourceChange
from review.refusal import refusal

OPS = {
    "create": Op.CREATE,
    "import": Op.CREATE,
    "update": Op.UPDATE,
    "delete": Op.DELETE,
    "replace": Op.REPLACE,
    "create-replacement": Op.REPLACE,
    "delete-replaced": Op.REPLACE,
    "import-replacement": Op.REPLACE,
}
"""Of the engine. What it only reads, keeps or forgets changes nothing."""
HIDES = ("[secret]", "[unknown]")
"""Marks that stand for all that is inside."""
STACK_TYPE = "pulumi:pulumi:Stack"
_KEY = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|\.?([^.\[\]]+)')

State = Mapping[str, Any]
"""Of a resource, as in a graph: what is secret or not known yet is marked in ``inputs`` and ``outputs``."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """``detail``: path -> what the provider says of its change; ``reasons`` and ``replaces``: names of properties."""

    op: str
    urn: str
    old: State | None
    new: State | None
    detail: Mapping[str, Mapping[str, Any]]
    reasons: tuple[str, ...]
    replaces: frozenset[str]


def step_of(entry: Mapping[str, Any]) -> Step:
    """From the JSON of a preview."""
    return Step(
        op=str(entry.get("op")),
        urn=str(entry["urn"]),
        old=_state(entry.get("oldState")),
        new=_state(entry.get("newState")),
        detail=entry.get("detailedDiff") or {},
        reasons=tuple(entry.get("diffReasons") or ()),
        replaces=frozenset(entry.get("replaceReasons") or ()),
    )


def changes_of(steps: Iterable[Step]) -> tuple[ResourceChange, ...]:
    """One for each resource: a replacement is several steps, of which the one that says most counts."""
    found: dict[str, ResourceChange] = {}
    for step in steps:
        change = _change(step)
        if change is not None and len(change.properties) >= len(found.get(step.urn, change).properties):
            found[step.urn] = change
    return tuple(found.values())


def value_at(value: Any, path: str) -> Any:
    """``tags["a.b"]`` or ``ingress[0].fromPort`` of the properties; None where there is nothing."""
    for quoted, index, plain in _KEY.findall(path):
        if value in HIDES:
            return value
        if index:
            value = value[int(index)] if isinstance(value, list) and int(index) < len(value) else None
        else:
            value = value.get(quoted or plain) if isinstance(value, Mapping) else None
    return value


def _state(state: Mapping[str, Any] | None) -> State | None:
    if state is None:
        return None
    plain = resource_of(state)
    defaults: dict[str, Any] = {"parent": None, "custom": True, "protect": False, "dependencies": [], "aliases": []}
    named = {"urn": plain.urn, "type": plain.type, "name": plain.name}
    return {**defaults, **state, **named, "inputs": plain.inputs, "outputs": plain.outputs}


def _change(step: Step) -> ResourceChange | None:
    op = OPS.get(step.op)
    former = step.old["urn"] if step.old else step.urn
    renamed = former != step.urn and _own(former) != _own(step.urn)
    if type_of(step.urn) == STACK_TYPE or (op is None and not renamed):
        return None
    state = step.new or step.old or {}
    held = step.old if op is Op.DELETE else step.new
    return ResourceChange(
        op=op or Op.RENAME,
        urn=step.urn,
        type=type_of(step.urn),
        name=name_of(step.urn),
        parent=state.get("parent") or None,
        properties=tuple(_properties(step)) if op in (Op.UPDATE, Op.REPLACE) else (),
        renamed_from=former if renamed else None,
        refused=refusal(op, held) if op and held else None,
    )


def _own(urn: str) -> tuple[str, str]:
    return type_of(urn), name_of(urn)


def _properties(step: Step) -> Iterator[PropertyChange]:
    old, new = step.old or {}, step.new or {}
    details = step.detail or {name: {} for name in dict.fromkeys((*step.reasons, *sorted(step.replaces)))}
    for path, detail in details.items():
        forced = str(detail.get("kind", "")).endswith("-replace") or _top(path) in step.replaces
        before = value_at(old.get("inputs"), path)
        yield PropertyChange(
            path=path,
            before=value_at(old.get("outputs"), path) if before is None else before,
            after=value_at(new.get("inputs"), path),
            forces=Forces.YES if forced else Forces.NO,
        )


def _top(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]
