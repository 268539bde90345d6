"""The recorded graph, as frozen data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from config.placeholders import Replacement

STACK_TYPE = "pulumi:pulumi:Stack"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One registered resource, as the engine would get it.

    Property names in ``inputs`` and ``outputs`` are the engine's (camelCase). ``outputs`` is what a component
    or the stack registered; for a custom resource it is empty. ``answered`` is the id and what else the program was
    given in AWS's place. ``dependencies`` has the explicit and the implied ones, as URNs, sorted.
    ``replacement_trigger``: a value with which the resource is replaced when it changes.
    """

    urn: str
    type: str
    name: str
    parent: str | None
    custom: bool
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    answered: Mapping[str, Any]
    dependencies: tuple[str, ...]
    property_dependencies: Mapping[str, tuple[str, ...]]
    protect: bool
    ignore_changes: tuple[str, ...]
    replace_on_changes: tuple[str, ...]
    replacement_trigger: Any
    aliases: tuple[str, ...]
    delete_before_replace: bool
    retain_on_delete: bool
    provider: str | None

    def as_dict(self) -> dict[str, Any]:
        """Plain data with the keys that ``ops graph --json`` promises."""
        return {
            "urn": self.urn,
            "type": self.type,
            "name": self.name,
            "parent": self.parent,
            "custom": self.custom,
            "inputs": dict(self.inputs),
            "outputs": dict(self.outputs),
            "answered": dict(self.answered),
            "dependencies": list(self.dependencies),
            "propertyDependencies": {key: list(urns) for key, urns in self.property_dependencies.items()},
            "protect": self.protect,
            "ignoreChanges": list(self.ignore_changes),
            "replaceOnChanges": list(self.replace_on_changes),
            "replacementTrigger": self.replacement_trigger,
            "aliases": list(self.aliases),
            "deleteBeforeReplace": self.delete_before_replace,
            "retainOnDelete": self.retain_on_delete,
            "provider": self.provider,
        }


@dataclass(frozen=True, kw_only=True)
class Invoke:
    """One data source that the program read."""

    token: str
    args: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Message:
    """One line that the program logged. ``severity`` is debug, info, warning or error."""

    severity: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Everything that one run registered: parents before children, siblings by type and name. ``stand_ins`` are the
    values that the program got in place of placeholders of the stack file."""

    resources: tuple[Resource, ...]
    invokes: tuple[Invoke, ...]
    messages: tuple[Message, ...]
    stand_ins: tuple[Replacement, ...] = ()

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources)

    @property
    def stack(self) -> Resource:
        return next(resource for resource in self.resources if resource.type == STACK_TYPE)

    def of_type(self, type_: str) -> tuple[Resource, ...]:
        """All resources of one type; the token as registered (``aws:ec2/vpc:Vpc``)."""
        return tuple(resource for resource in self.resources if resource.type == type_)

    def children(self, parent: str | None) -> tuple[Resource, ...]:
        return tuple(resource for resource in self.resources if resource.parent == parent)


def make_urn(*, stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """A URN as the engine builds it: the types of all ancestors but the stack, joined by ``$``."""
    ancestors = parent.split("::")[2] if parent else STACK_TYPE
    qualified = type_ if ancestors == STACK_TYPE else f"{ancestors}${type_}"
    return f"urn:pulumi:{stack}::{project}::{qualified}::{name}"
