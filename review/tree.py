"""The changed resources under the components that they belong to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from review.model import ResourceChange

STACK_TYPE = "pulumi:pulumi:Stack"


@dataclass(frozen=True, kw_only=True)
class Node:
    """A resource; ``change`` is None for a component that only holds what changes."""

    type: str
    name: str
    change: ResourceChange | None
    children: tuple[Node, ...]

    @property
    def kind(self) -> str:
        """``Group`` of ``aws:autoscaling/group:Group``."""
        return self.type.rpartition(":")[2]


def tree_of(changes: Iterable[ResourceChange]) -> tuple[Node, ...]:
    """What stands at the top: the stack itself is left out where nothing of it changes."""
    changed = {change.urn: change for change in changes}
    parents = {urn: change.parent for urn, change in changed.items()}
    for parent in list(parents.values()):
        if parent is not None and not _is_stack(parent):
            parents.setdefault(parent, None)
    tops = [urn for urn, parent in parents.items() if parent not in parents or _is_stack(parent)]
    return tuple(_node(urn, changed=changed, parents=parents, above=frozenset()) for urn in _sorted(tops))


def _node(
    urn: str, *, changed: dict[str, ResourceChange], parents: dict[str, str | None], above: frozenset[str]
) -> Node:
    inside = [child for child, parent in parents.items() if parent == urn and child not in above and not _is_stack(urn)]
    change = changed.get(urn)
    return Node(
        type=change.type if change else _type_of(urn),
        name=change.name if change else urn.rpartition("::")[2],
        change=change,
        children=tuple(
            _node(child, changed=changed, parents=parents, above=above | {urn}) for child in _sorted(inside)
        ),
    )


def _sorted(urns: Iterable[str]) -> list[str]:
    """By type; the stack last."""
    return sorted(urns, key=lambda urn: (_is_stack(urn), _type_of(urn), urn))


def _is_stack(urn: str | None) -> bool:
    return urn is not None and _type_of(urn) == STACK_TYPE


def _type_of(urn: str) -> str:
    parts = urn.split("::")
    return parts[2].rpartition("$")[2] if len(parts) > 2 else urn
