"""The two ways in: a stack file (``ops``, tests) and the Pulumi engine's configuration (``__main__.py``)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from config import placeholders
from config.loaded import Loaded
from config.parse import parse
from config.stack_file import read_stack_file

__all__ = ["Loaded", "load_pulumi", "load_stack_file"]


def load_stack_file(*, stack: str, root: Path) -> Loaded:
    """Read ``Pulumi.<stack>.yaml`` under ``root``; ConfigError when there is no such file or mapping."""
    return parse(stack=stack, raw=read_stack_file(stack=stack, root=root))


def load_pulumi() -> Loaded:
    """Read what the engine passed to the running program; a placeholder left is a problem here: this is no plan."""
    import pulumi
    from pulumi.runtime import config as engine

    # pulumi.Config reads one named key at a time; an unknown section shows only in the whole map.
    values = {**engine.get_config_env(), **engine.CONFIG.get()}
    encrypted = {key for key in values if engine.is_config_secret(key)}
    loaded = parse(
        stack=pulumi.get_stack(),
        raw=values,
        encrypted_keys=encrypted | set(engine.get_config_secret_keys_env()),
    )
    left = placeholders.refused(loaded.config) if loaded.config else ()
    return replace(loaded, problems=(*loaded.problems, *left))
