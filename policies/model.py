"""What rules read and what they say, as frozen data. Imports nothing of ours, so that the pack stands alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

STACK_TYPE = "pulumi:pulumi:Stack"
Level = Literal["mandatory", "advisory"]


def blocks(given: Any) -> tuple[Mapping[str, Any], ...]:
    """The blocks of a value, whether it is one or a list of them; none of one that is not known yet."""
    if isinstance(given, Mapping):
        return (given,)
    return tuple(entry for entry in given if isinstance(entry, Mapping)) if isinstance(given, list | tuple) else ()


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource as ``ops graph --json`` prints it: names of properties are the engine's (camelCase), what is not
    known yet is ``[unknown]``, a secret ``[secret]``. ``depends``: the URNs behind each input."""

    urn: str
    type: str
    name: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any] = field(default_factory=dict)
    depends: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    protect: bool = False
    ignore_changes: tuple[str, ...] = ()

    @property
    def tags(self) -> Mapping[str, str]:
        """By key; an Auto Scaling group has its own as a list."""
        given = self.inputs.get("tags") or {}
        if isinstance(given, Mapping):
            return given
        return {str(entry.get("key")): str(entry.get("value")) for entry in given if isinstance(entry, Mapping)}

    def entries(self, key: str) -> tuple[Mapping[str, Any], ...]:
        """The blocks of an input, whether it is one or a list of them."""
        return blocks(self.inputs.get(key))


@dataclass(frozen=True, kw_only=True)
class Step:
    """What the engine would do to one resource. ``op`` is its word: create, update, replace, create-replacement,
    delete-replaced, delete, ...; ``changed``: the inputs that differ; ``old``: the state that is there."""

    op: str
    urn: str
    type: str
    name: str
    changed: tuple[str, ...] = ()
    old: Resource | None = None
    new: Resource | None = None

    @property
    def ends_it(self) -> bool:
        """The resource that is there goes, with what it holds."""
        return self.op in ("delete", "replace", "delete-replaced")


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """The resources of a stack, and the steps to them where a preview is given."""

    resources: tuple[Resource, ...]
    steps: tuple[Step, ...] = ()

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources)

    def of_type(self, *types: str) -> tuple[Resource, ...]:
        return tuple(resource for resource in self.resources if resource.type in types)

    def linked(self, types: Iterable[str], *, by: str, to: Resource) -> tuple[Resource, ...]:
        """Those of the types whose input ``by`` comes from the resource ``to``."""
        wanted = tuple(types)
        return tuple(item for item in self.resources if item.type in wanted and to.urn in item.depends.get(by, ()))

    @property
    def is_production(self) -> bool:
        """The user's tag ``environment: production``; a stack has it on everything."""
        return any(is_production(resource) for resource in self.resources)


def is_production(resource: Resource) -> bool:
    return resource.tags.get("environment", "").lower() in ("production", "prod")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One place where a rule is broken. ``message``: what is there."""

    urn: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One thing that must not ship.

    ``mandatory`` stops a deployment, ``advisory`` is said. ``cause``: the incident that it stops; ``remedy``: what to
    do when it is broken, with the key of the stack file or the resource's property.
    """

    id: str
    level: Level
    says: str
    cause: str
    remedy: str
    check: Callable[[Deployment], Iterable[Finding]]


def number(value: Any, default: float) -> float:
    """A number as an input has it, as text or not; ``default`` where it is not known yet."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return default


def found(resource: Resource, message: str) -> Finding:
    return Finding(urn=resource.urn, message=message)
