"""Which resource of one revision is which of the other: by URN, and by alias where it has another name now.

The stack's own name counts for nothing here, so that a renamed stack keeps its resources, as `pulumi stack rename`
has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Resource = Mapping[str, Any]

STACK_TYPE = "pulumi:pulumi:Stack"


def key_of(urn: str) -> str:
    """A URN without the stack: project, types and name."""
    return urn.split("::", 1)[1]


def pairs(before: Sequence[Resource], after: Sequence[Resource]) -> dict[str, Resource]:
    """By the URN of ``after``: its former self. What is new is not in it."""
    held = {_own_key(resource): resource for resource in before}
    now = {_own_key(resource) for resource in after}
    former: dict[str, list[str]] = {}
    found: dict[str, Resource] = {}
    for resource in after:  # parents come before their children
        candidates = list(dict.fromkeys(_former_keys(resource, former=former)))
        former[resource["urn"]] = candidates
        own = _own_key(resource)
        match = next((key for key in candidates if key in held and (key == own or key not in now)), None)
        if match is not None:
            found[resource["urn"]] = held.pop(match)
    return found


def _own_key(resource: Resource) -> str:
    """The stack's own resource has the stack's name in its."""
    return STACK_TYPE if resource["type"] == STACK_TYPE else key_of(resource["urn"])


def _former_keys(resource: Resource, *, former: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """What the engine looks for: the resource itself, its aliases, and both under its parent's aliases."""
    own = _own_key(resource)
    yield own
    if own == STACK_TYPE:
        return
    specs = [_spec(alias) for alias in resource.get("aliases") or ()]
    yield from (key_of(spec["urn"]) for spec in specs if "urn" in spec)
    parent = str(resource["parent"] or "")
    project, _, name = own.split("::", 2)
    plain: dict[str, str] = {}
    for spec in (plain, *(spec for spec in specs if "urn" not in spec)):
        if "parent" in spec:
            parents: Sequence[str] = (key_of(spec["parent"]),)
        else:
            parents = (STACK_TYPE,) if "noParent" in spec else former.get(parent, (STACK_TYPE,))
        for above in parents:
            type_ = spec.get("type", str(resource["type"]))
            yield _key(project, above, type_, spec.get("name") or _name_under(above, parent=parent, name=name))


def _name_under(above: str, *, parent: str, name: str) -> str:
    """A child named after its parent had the former name of that in its own."""
    current, old = parent.rpartition("::")[2], above.rpartition("::")[2]
    return old + name.removeprefix(current) if name.startswith(current) and above != STACK_TYPE else name


def _key(project: str, parent: str, type_: str, name: str) -> str:
    above = "" if STACK_TYPE in parent else parent.split("::")[1]
    return f"{project}::{above}${type_}::{name}" if above else f"{project}::{type_}::{name}"


def _spec(alias: str) -> dict[str, str]:
    if alias.startswith("urn:"):
        return {"urn": alias}
    return dict(part.split("=", 1) for part in alias.split(",") if "=" in part)
