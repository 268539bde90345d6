"""The API keys of a stack, wherever they are kept: one JSON text, changed so that no concurrent change is lost.

Shape: ``{"keys": {"<name>": {"key": "sk-...", "created": "<ISO time>"}}}``.
"""

from __future__ import annotations

import json
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ops.errors import failure

KEY_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """``created``: ISO 8601, UTC. The key stays out of ``repr``, and so out of every log."""

    name: str
    key: str
    created: str

    @property
    def last4(self) -> str:
        return self.key[-4:]

    def __repr__(self) -> str:
        return f"ApiKey(name={self.name!r}, key='...{self.last4}', created={self.created!r})"


Keys = Mapping[str, ApiKey]


def new_key() -> str:
    """A key that nobody can guess, in the shape that OpenAI clients expect."""
    return "sk-" + secrets.token_urlsafe(KEY_BYTES)


class KeyStore(ABC):
    """Where keys are kept."""

    @abstractmethod
    def read(self) -> Keys:
        """All keys by name, in the order in which they were added; empty when there is none yet."""

    @abstractmethod
    def _change(self, change: Callable[[Keys], Keys]) -> None:
        """Store what ``change`` makes of the keys; it may be called again when others changed them meanwhile."""

    def add(self, key: ApiKey) -> None:
        """OpsError when the name is taken."""

        def change(keys: Keys) -> Keys:
            if key.name in keys:
                raise failure(
                    path=f"key {key.name}",
                    given=f"made {keys[key.name].created}, ends in {keys[key.name].last4}",
                    message="there is a key of this name already: take another name, or revoke it first",
                )
            return {**keys, key.name: key}

        self._change(change)

    def revoke(self, name: str) -> None:
        """OpsError when there is no such key, and for the last one: vLLM without any key lets everybody in."""

        def change(keys: Keys) -> Keys:
            if name not in keys:
                raise failure(
                    path=f"key {name}",
                    allowed=", ".join(keys) or "no key has been added yet",
                    message="there is no key of this name",
                )
            if len(keys) == 1:
                raise failure(
                    path=f"key {name}",
                    message="this is the only key, and hosts do not start without one: add another first",
                )
            return {other: key for other, key in keys.items() if other != name}

        self._change(change)


def keys_of(text: str, *, damaged: str) -> dict[str, ApiKey]:
    """The keys in the stored text. OpsError with the message ``damaged`` when it is something else."""
    try:
        entries = json.loads(text)["keys"]
        return {name: ApiKey(name=name, key=entry["key"], created=entry["created"]) for name, entry in entries.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise failure(
            path="API keys",
            given="[hidden]",
            allowed='{"keys": {"NAME": {"key": "sk-...", "created": "2026-01-31T12:00:00+00:00"}}}',
            message=damaged,
        ) from None


def text_of(keys: Keys) -> str:
    entries = {key.name: {"key": key.key, "created": key.created} for key in keys.values()}
    return json.dumps({"keys": entries})
