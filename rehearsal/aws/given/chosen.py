"""Making a thing of moto with an id of our choice: moto, like AWS, makes its ids itself."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import ModuleType

from moto.core.models import DEFAULT_ACCOUNT_ID

ACCOUNT = DEFAULT_ACCOUNT_ID


@contextlib.contextmanager
def next_id(module: ModuleType, maker: str, wanted: str) -> Iterator[None]:
    """While the block lasts, the function ``maker`` of a module of moto makes ``wanted``; AttributeError where moto has
    no such function any more."""
    original = getattr(module, maker)
    setattr(module, maker, lambda *_, **__: wanted)
    try:
        yield
    finally:
        setattr(module, maker, original)


def region_of(arn: str) -> str:
    return arn.split(":")[3]
