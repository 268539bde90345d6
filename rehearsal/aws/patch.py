"""How an extension changes a class of moto: wrap a method, or add one that is missing."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

Method = Callable[..., Any]


def wrap(owner: type, name: str, around: Callable[[Method], Method]) -> None:
    """Replace ``owner.name`` by ``around(original)``; AttributeError where moto has no such method any more."""
    original = getattr(owner, name)
    setattr(owner, name, functools.wraps(original)(around(original)))


def add(owner: type, **methods: Method | property) -> None:
    """Give ``owner`` the methods that it does not have; one that moto has stays moto's."""
    for name, method in methods.items():
        if not hasattr(owner, name):
            setattr(owner, name, method)


def kept(backend: Any, table: str) -> dict[Any, Any]:
    """A table that lives on a backend of moto, so that a reset of moto empties it with the rest."""
    found: dict[Any, Any] = backend.__dict__.setdefault(f"_rehearsal_{table}", {})
    return found
