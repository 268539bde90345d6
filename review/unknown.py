"""What the engine does not know before it has made or changed a resource, and who reads it.

The graph has ids, ARNs and the like in AWS's place, so a property that reads an output holds its text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from review.match import Resource
from review.values import SECRET, UNKNOWN, decoded, leaves, mapped

_TELLING, _OWN = 8, 4  # a shorter text may stand anywhere


class _Unknown:
    """Differs from everything, also from what was unknown before."""

    __slots__ = ()


HIDDEN = _Unknown()
"""In place of a value that a preview could not show."""


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """Outputs of a resource that a preview shows as unknown. ``whole``: it is made anew, so these are all but what it
    is given; ``known``: texts of what it is given."""

    outputs: tuple[Any, ...]
    whole: bool
    known: frozenset[str]


def of_new(resource: Resource) -> Hidden:
    """Of a resource that is created or replaced."""
    inputs = resource["inputs"]
    answered = resource.get("answered") or {}
    texts = frozenset(leaf for leaf in leaves(inputs) if isinstance(leaf, str) and leaf not in (UNKNOWN, SECRET))
    outputs = tuple(value for name, value in answered.items() if name not in inputs)
    return Hidden(outputs=outputs, whole=True, known=texts)


def of_updated(resource: Resource, *, computed: frozenset[str]) -> Hidden | None:
    """Of one that is updated: what its type computes anew."""
    answered = resource.get("answered") or {}
    outputs = tuple(answered[name] for name in sorted(computed) if name in answered)
    return Hidden(outputs=outputs, whole=False, known=frozenset()) if computed else None


def obscured(value: Any, sources: Sequence[Hidden], *, shown_by: Sequence[Resource]) -> Any:
    """The property's value with HIDDEN wherever it reads one of these. ``shown_by``: whatever else it depends on."""
    explained = frozenset(text for resource in shown_by for text in _telling(resource))
    for source in sources:
        shown = mapped(value, partial(_obscured_leaf, source=source))
        if source.whole and not _has_hidden(shown) and not _is_made_of(value, source.known | explained):
            return HIDDEN  # made of an output, and nobody can say how
        value = shown
    return value


def plain(value: Any) -> Any:
    """As it is shown: ``[unknown]`` where it is hidden."""
    return mapped(value, lambda leaf: UNKNOWN if leaf is HIDDEN else leaf)


def _obscured_leaf(leaf: Any, *, source: Hidden) -> Any:
    return HIDDEN if _reads(leaf, source) else leaf


def _reads(leaf: Any, source: Hidden) -> bool:
    if leaf is HIDDEN:
        return True
    text = decoded(leaf) if isinstance(leaf, str) else str(leaf)
    if UNKNOWN in text or SECRET in text:
        return True
    return any(
        text == str(output) or (len(str(output)) >= _TELLING and str(output) in text)
        for value in source.outputs
        for output in leaves(value)
    )


def _has_hidden(value: Any) -> bool:
    return any(leaf is HIDDEN for leaf in leaves(value))


def _is_made_of(value: Any, known: frozenset[str]) -> bool:
    """Whether the property is seen to read something that is known: then it reads no more."""
    texts = [str(leaf) for leaf in leaves(value)]
    return any(part in text for part in known if len(part) >= _OWN for text in texts)


def _telling(resource: Resource) -> Iterator[str]:
    for value in (resource.get("answered") or {}).values():
        yield from (leaf for leaf in leaves(value) if isinstance(leaf, str) and len(leaf) >= _TELLING)


def named(before: Resource, after: Resource) -> Mapping[str, str]:
    """Of a resource with a new name: what stands in for its outputs now -> what stood in for them. In AWS they stay."""
    given = {leaf for leaf in leaves(after["inputs"]) if isinstance(leaf, str)}
    then = before.get("answered") or {}
    return {
        value: then[name]
        for name, value in (after.get("answered") or {}).items()
        if isinstance(value, str) and len(value) >= _TELLING and isinstance(then.get(name), str) and value not in given
    }
