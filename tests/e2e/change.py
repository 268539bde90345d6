"""A change to a stack, as a user makes it, and what `pulumi preview` must say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.revision import Edits

TAGGED = "everything that carries the tags of the user"


@dataclass(frozen=True, kw_only=True)
class Touch:
    """``what``: a resource's class and logical name, ``*`` for any text, or TAGGED. ``properties``: exactly those of it
    that change, () where the operation says all. ``why``: the reason, for whoever reads such a preview."""

    op: str
    what: str
    properties: tuple[str, ...] = ()
    why: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """``config``: what the user writes into the stack file, None for a key that goes; ``{name}`` in a text is an output
    of the stack. ``program``: what is otherwise in the program. ``stack``: a new name for it. ``refused_for``: the
    resource that the preview names when it refuses."""

    name: str
    config: Mapping[str, Any]
    program: Edits = field(default_factory=dict)
    touched: Sequence[Touch] = ()
    stack: str = ""
    refused_for: str = ""

    def apply(self, config: dict[str, Any], *, outputs: Mapping[str, Any]) -> None:
        """Changes the ``config:`` mapping of a stack file."""
        for section, keys in self.config.items():
            held = config.get(section)
            merged = (held if isinstance(held, dict) else {}) | _filled(keys, outputs)
            config[section] = {key: value for key, value in merged.items() if value is not None}


def update(what: str, *properties: str, why: str) -> Touch:
    """In place."""
    return Touch(op="update", what=what, properties=properties, why=why)


def create(what: str, *, why: str) -> Touch:
    return Touch(op="create", what=what, why=why)


def replace(what: str, *, why: str) -> Touch:
    return Touch(op="replace", what=what, why=why)


def delete(what: str, *, why: str) -> Touch:
    return Touch(op="delete", what=what, why=why)


def _filled(value: Any, outputs: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return value.format_map(outputs)
    if isinstance(value, Mapping):
        return {key: _filled(item, outputs) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, outputs) for item in value]
    return value
