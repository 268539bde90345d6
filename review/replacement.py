"""What the change of a property does to its resource, as the real provider's plans said when they were captured."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from review.model import Forces

TABLE = Path(__file__).parent / "data" / "replacement.json"

_INDEX = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True, kw_only=True)
class TypeRules:
    """Of one type. ``replace`` and ``update``: paths of properties, ``block[*].field`` where it depends on the field.
    ``computed``: outputs that a preview shows as unknown after any update. ``also``: property -> others of which the
    provider says that they change with it."""

    replace: frozenset[str] = frozenset()
    update: frozenset[str] = frozenset()
    computed: frozenset[str] = frozenset()
    also: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class ReplacementTable:
    """``provider``: its name and version; ``types``: by type token."""

    provider: str
    captured: str
    types: Mapping[str, TypeRules]

    def forces(self, type_: str, path: str) -> Forces:
        """The most particular line counts; MAYBE for what nobody captured."""
        rules = self.of(type_)
        for candidate in _from_inside_out(path):
            if candidate in rules.replace:
                return Forces.YES
            if candidate in rules.update:
                return Forces.NO
        return Forces.MAYBE

    def of(self, type_: str) -> TypeRules:
        return self.types.get(type_) or TypeRules(also={})


def load_table(path: Path = TABLE) -> ReplacementTable:
    """The committed table."""
    return table_of(json.loads(path.read_text(encoding="utf-8")))


def table_of(document: Mapping[str, object]) -> ReplacementTable:
    """From plain data, as the capturing tool writes it."""
    types = document["types"]
    assert isinstance(types, Mapping)
    return ReplacementTable(
        provider=str(document["provider"]),
        captured=str(document["captured"]),
        types={
            name: TypeRules(
                replace=frozenset(rules.get("replace", ())),
                update=frozenset(rules.get("update", ())),
                computed=frozenset(rules.get("computed", ())),
                also={key: tuple(names) for key, names in rules.get("also", {}).items()},
            )
            for name, rules in types.items()
        },
    )


def _from_inside_out(path: str) -> list[str]:
    """``a[0].b.c``: ``a[*].b.c``, ``a[*].b``, ``a[*]``, ``a``."""
    found = []
    left = _INDEX.sub("[*]", path)
    while left:
        found.append(left)
        left = left.removesuffix("[*]") if left.endswith("[*]") else left.rpartition(".")[0]
    return found
