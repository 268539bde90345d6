"""A stack file as the engine hands it to a program: flat ``namespace:key`` strings, structure as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from config.errors import ConfigError, Problem
from config.placeholders import Replacement, with_stand_ins
from config.stack_file import read_stack_file

SECURE_PLACEHOLDER = "[secret]"
"""In place of every encrypted text: nobody here has the passphrase, and the graph must not depend on it."""


@dataclass(frozen=True, kw_only=True)
class EngineConfig:
    """What the program's ``pulumi.Config`` sees; ``secret_keys`` are those with a ``secure:`` value. ``stand_ins``
    took the place of placeholders, which the program would refuse."""

    project: str
    values: Mapping[str, str]
    secret_keys: tuple[str, ...]
    stand_ins: tuple[Replacement, ...]

    @property
    def region(self) -> str:
        return self.values.get("aws:region", "us-east-1")


def read_engine_config(*, stack: str, root: Path) -> EngineConfig:
    """Read ``Pulumi.yaml`` and ``Pulumi.<stack>.yaml``. ConfigError when one is missing or unusable."""
    project = _project(root / "Pulumi.yaml")
    declared = project.get("config") or {}
    name = str(project["name"])
    given = {
        _full_key(name, key): entry.get("value", entry.get("default"))
        for key, entry in declared.items()
        if isinstance(entry, Mapping) and ("value" in entry or "default" in entry)
    }
    given |= {_full_key(name, key): value for key, value in read_stack_file(stack=stack, root=root).items()}
    given, stand_ins = with_stand_ins(given)
    return EngineConfig(
        project=name,
        values={key: _as_text(_without_secrets(value)) for key, value in given.items()},
        secret_keys=tuple(key for key, value in given.items() if _holds_secret(value)),
        stand_ins=stand_ins,
    )


def _project(file: Path) -> Mapping[str, Any]:
    try:
        return cast("Mapping[str, Any]", yaml.safe_load(file.read_text(encoding="utf-8")))
    except OSError:
        raise ConfigError(
            [
                Problem(
                    path=file.name,
                    given=str(file.parent.resolve()),
                    allowed="the folder of the project",
                    example="cd vllm && python -m ops graph --stack dev",
                    message=f"there is no {file.name} here",
                )
            ]
        ) from None


def _full_key(project: str, key: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _is_secure(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {"secure"}


def _holds_secret(value: Any) -> bool:
    if _is_secure(value):
        return True
    if isinstance(value, Mapping):
        return any(_holds_secret(item) for item in value.values())
    return isinstance(value, list) and any(_holds_secret(item) for item in value)


def _without_secrets(value: Any) -> Any:
    """``{secure: ...}`` stays as it stands, so that the program sees that it is set, but loses its text."""
    if _is_secure(value):
        return {"secure": SECURE_PLACEHOLDER}
    if isinstance(value, Mapping):
        return {key: _without_secrets(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    return value


def _as_text(value: Any) -> str:
    """Scalars as the engine writes them, everything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping | list | bool) or value is None:
        return json.dumps(value)
    return str(value)
