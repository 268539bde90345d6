"""Property values of two revisions: where they differ, and what is written in them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

UNKNOWN = "[unknown]"
SECRET = "[secret]"  # noqa: S105 - what is shown in place of one

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_BASE64_LENGTH = 40


def differences(before: Any, after: Any, *, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Paths, as the engine writes them, with the value before and after; None where there is none."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            yield from differences(before.get(key), after.get(key), path=f"{path}{_step(key)}" if path else key)
    elif _is_list(before) and _is_list(after):
        for index in range(max(len(before), len(after))):
            yield from differences(_at(before, index), _at(after, index), path=f"{path}[{index}]")
    elif before != after and not _same_document(before, after):
        yield path, before, after


def leaves(value: Any) -> Iterator[Any]:
    """Everything that is neither a mapping nor a list; of a text in base64 what it encodes."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from leaves(item)
    elif _is_list(value):
        for item in value:
            yield from leaves(item)
    else:
        yield decoded(value) if isinstance(value, str) else value


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """The value with everything in it that is neither a mapping nor a list put through ``change``."""
    if isinstance(value, Mapping):
        return {key: mapped(item, change) for key, item in value.items()}
    return [mapped(item, change) for item in value] if _is_list(value) else change(value)


def decoded(text: str) -> str:
    """What a text in base64 says; any other as it is."""
    if len(text) < _BASE64_LENGTH or len(text) % 4:
        return text
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return text


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """The value with every text in it put in terms of ``names``, the longest first."""

    def change(leaf: Any) -> Any:
        if not isinstance(leaf, str):
            return leaf
        inner = text = decoded(leaf)
        for name in sorted(names, key=len, reverse=True):
            text = text.replace(name, names[name])
        if text == inner:
            return leaf
        return text if inner is leaf else base64.b64encode(text.encode()).decode()

    return mapped(value, change) if names else value


def _same_document(before: Any, after: Any) -> bool:
    """Two texts that are one JSON document: the provider takes them for the same."""
    if not (isinstance(before, str) and isinstance(after, str) and before[:1] == after[:1] == "{"):
        return False
    try:
        return bool(json.loads(before) == json.loads(after))
    except ValueError:
        return False


def _step(key: str) -> str:
    return f".{key}" if _PLAIN_KEY.fullmatch(key) else f'["{key}"]'


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _at(items: Sequence[Any], index: int) -> Any:
    return items[index] if index < len(items) else None
