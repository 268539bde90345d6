"""What the change of a property does to its resource, as the real provider's plans said when they were captured."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from review.model import Forces

TABLE = Path(__file__).parent / "data" / "replacement.json"

_INDEX = re.compile(r"\[[^\]]*\]")


class Kind(StrEnum):
    """How a value changes; of the last three the provider may have its own opinion."""

    CHANGED = ""
    ADDED = "whenAdded"
    REMOVED = "whenRemoved"
    UNKNOWN = "whenUnknown"


ANSWERS: Mapping[str, Forces] = {"replace": Forces.YES, "update": Forces.NO, "none": Forces.NO}
"""``none``: the plan showed nothing. It is told as an update, since with another value it may have shown one."""


@dataclass(frozen=True, kw_only=True)
class TypeRules:
    """Of one type. ``answers``: by path, ``block[*].field`` where it depends on the field; ``exceptions``: by kind and
    exact path. ``computed``: outputs that a preview shows as unknown after any update; ``computed_by``: after that of
    one of these properties. ``also``: property -> others of which the provider says that they change with it."""

    answers: Mapping[str, Forces] = field(default_factory=dict)
    exceptions: Mapping[tuple[Kind, str], Forces] = field(default_factory=dict)
    computed: frozenset[str] = frozenset()
    computed_by: Mapping[str, frozenset[str]] = field(default_factory=dict)
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def unknown_after(self, changed: frozenset[str]) -> frozenset[str]:
        """Outputs that the update of these properties makes anew."""
        return self.computed | {output for output, names in self.computed_by.items() if names & changed}


@dataclass(frozen=True, kw_only=True)
class ReplacementTable:
    """``provider``: its name and version; ``types``: by type token."""

    provider: str
    captured: str
    types: Mapping[str, TypeRules]

    def forces(self, type_: str, path: str, kind: Kind = Kind.CHANGED) -> Forces:
        """The most particular line counts; MAYBE for what nobody captured."""
        rules, inside_out = self.of(type_), list(_from_inside_out(path))
        own = rules.exceptions.get((kind, inside_out[0]))
        return own or next((rules.answers[each] for each in inside_out if each in rules.answers), Forces.MAYBE)

    def of(self, type_: str) -> TypeRules:
        return self.types.get(type_) or TypeRules()


def load_table(path: Path = TABLE) -> ReplacementTable:
    """The committed table."""
    return table_of(json.loads(path.read_text(encoding="utf-8")))


def table_of(document: Mapping[str, Any]) -> ReplacementTable:
    """From plain data, as the capturing tool writes it."""
    return ReplacementTable(
        provider=document["provider"],
        captured=document["captured"],
        types={name: _rules(entry) for name, entry in document["types"].items()},
    )


def _rules(entry: Mapping[str, Any]) -> TypeRules:
    exceptions = {
        (kind, path): ANSWERS[answer]
        for kind in Kind
        if kind
        for answer, paths in entry.get(kind.value, {}).items()
        for path in paths
    }
    return TypeRules(
        answers={path: ANSWERS[answer] for answer in ("update", "replace") for path in entry.get(answer, ())},
        exceptions=exceptions,
        computed=frozenset(entry.get("computed", ())),
        computed_by={output: frozenset(names) for output, names in entry.get("computedBy", {}).items()},
        also=_also(entry),
    )


def _also(entry: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """What every update shows follows from none of them: the state that was planned from did not have it."""
    also = {name: set(others) for name, others in entry.get("also", {}).items()}
    updates = set(entry.get("update", ()))
    always = set.intersection(*also.values()) if len(updates) > 1 and updates <= set(also) else set()
    return {name: tuple(sorted(others - always)) for name, others in also.items()}


def _from_inside_out(path: str) -> Iterator[str]:
    """``a[0].b.c``: ``a[*].b.c``, ``a[*].b``, ``a[*]``, ``a``."""
    left = _INDEX.sub("[*]", path)
    while left:
        yield left
        left = left.removesuffix("[*]") if left.endswith("[*]") else left.rpartition(".")[0]
