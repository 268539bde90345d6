"""Inputs of a resource with one thing in them altered, everywhere where something can be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

OWN_KEYS = ("dimensions", "inputPaths", "tags")
"""Mappings whose keys are nobody's but the program's: one property, whatever is in them."""


DEPTH = 3
"""Deeper inside a property (a firewall's statements), one thing stands for all that is there."""


class Kind(StrEnum):
    CHANGED = "changed"
    UNKNOWN = "unknown"
    LONGER = "longer"
    SHORTER = "shorter"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, kw_only=True)
class Alteration:
    """``path``: what is altered, ``[*]`` for any element of a list. ``before``, ``after``: all the inputs."""

    path: str
    kind: Kind
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The property that the path begins with."""
        return top(self.path)


def top(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def alterations(inputs: Mapping[str, Any], *, names: Sequence[str], unknown: Any) -> Iterator[Alteration]:
    """Of the properties ``names``. ``unknown`` stands for a value that a preview does not know."""
    for name in names:
        value = inputs[name]
        without = {key: item for key, item in inputs.items() if key != name}
        seen = set()
        for path, kind, altered in _inside(value, path=name, depth=DEPTH):
            if (path, kind) not in seen:  # the elements of a list are alike
                seen.add((path, kind))
                yield Alteration(path=path, kind=kind, before=inputs, after={**inputs, name: altered})
        yield Alteration(path=name, kind=Kind.UNKNOWN, before=inputs, after={**inputs, name: _hidden(value, unknown)})
        yield Alteration(path=name, kind=Kind.REMOVED, before=inputs, after=without)
        yield Alteration(path=name, kind=Kind.ADDED, before=without, after=inputs)


def changes_only(inputs: Mapping[str, Any], *, names: Sequence[str]) -> Iterator[Alteration]:
    """One for each of the properties, for types whose plans take long."""
    for name in names:
        altered = _altered(inputs[name])
        if altered is not None:
            yield Alteration(path=name, kind=Kind.CHANGED, before=inputs, after={**inputs, name: altered})


def paths(value: Any, *, path: str) -> Iterator[str]:
    """Of everything in it that is no mapping and no list."""
    if isinstance(value, Mapping) and top_key(path) not in OWN_KEYS:
        for key, item in value.items():
            yield from paths(item, path=f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for item in value or [None]:
            yield from paths(item, path=f"{path}[*]")
    else:
        yield path


def top_key(path: str) -> str:
    """The last key of a path."""
    return path.rpartition(".")[2]


def other(value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if value in ("true", "false"):
        return "false" if value == "true" else "true"
    assert isinstance(value, str)
    return _other_document(value) or _other_text(value)


def _inside(value: Any, *, path: str, depth: int) -> Iterator[tuple[str, Kind, Any]]:
    if depth == 0:
        yield from ((path, Kind.CHANGED, altered) for altered in [_altered(value)] if altered is not None)
    elif isinstance(value, Mapping) and top_key(path) in OWN_KEYS:
        yield path, Kind.CHANGED, {key: other(item) for key, item in value.items()}
        yield path, Kind.LONGER, {**value, "another": "one"}
        yield path, Kind.SHORTER, dict(list(value.items())[1:])
    elif isinstance(value, Mapping):
        for key, item in value.items():
            for inner, kind, altered in _inside(item, path=f"{path}.{key}", depth=depth - 1):
                yield inner, kind, {**value, key: altered}
            yield f"{path}.{key}", Kind.REMOVED, {name: held for name, held in value.items() if name != key}
    elif isinstance(value, list):
        for index, item in enumerate(value):
            for inner, kind, altered in _inside(item, path=f"{path}[*]", depth=depth):
                yield inner, kind, [*value[:index], altered, *value[index + 1 :]]
        if value:
            yield path, Kind.SHORTER, value[:-1]
            yield path, Kind.LONGER, [*value, _altered(value[-1])]
    else:
        yield path, Kind.CHANGED, other(value)


def _hidden(value: Any, unknown: Any) -> Any:
    """As it is when another resource's output in it is unknown: of a list of texts the last one."""
    of_texts = isinstance(value, list) and value and all(isinstance(item, str) for item in value)
    return [*value[:-1], unknown] if of_texts else unknown


def _altered(value: Any) -> Any:
    """With its first text, number or truth value altered; None where it has none."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if (altered := _altered(item)) is not None:
                return {**value, key: altered}
        return None
    if isinstance(value, list):
        for index, item in enumerate(value):
            if (altered := _altered(item)) is not None:
                return [*value[:index], altered, *value[index + 1 :]]
        return None
    return other(value)


def _other_document(text: str) -> str | None:
    """JSON with another last text in it; None where it is no JSON."""
    try:
        document = json.loads(text)
    except ValueError:
        return None
    return json.dumps(_with_other_end(document)) if isinstance(document, Mapping | list) else None


def _with_other_end(value: Any) -> Any:
    if isinstance(value, Mapping) and value:
        *first, (key, last) = value.items()
        return {**dict(first), key: _with_other_end(last)}
    if isinstance(value, list) and value:
        return [*value[:-1], _with_other_end(value[-1])]
    return "another" if isinstance(value, Mapping | list) or value is None else other(value)


def _other_text(text: str) -> str:
    """With another last letter or digit, which may leave an id, an ARN or a range one."""
    for index in range(len(text) - 1, -1, -1):
        letter = text[index]
        if letter.isascii() and letter.isalnum():
            return text[:index] + _next(letter) + text[index + 1 :]
    return f"{text}x"


def _next(letter: str) -> str:
    return {"9": "0", "z": "a", "Z": "A"}.get(letter) or chr(ord(letter) + 1)
