"""Writing values into a stack file: nothing else in it changes, and only a file that loads replaces the old one."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config.errors import ConfigError
from config.namespaces import NAMESPACE
from config.sources import load_stack_file
from config.stack_file import read_stack_file
from ops.errors import OpsError, failure
from ops.stack_text import CannotEditError, Value, with_value

Changes = Mapping[tuple[str, str], Value]
"""(section, key) -> value, e.g. ``("compute", "amiId")``."""


def write(changes: Changes, *, stack: str, root: Path) -> None:
    """Set each value in ``Pulumi.<stack>.yaml``, all or none. OpsError when the file cannot be edited safely."""
    file = (root / f"Pulumi.{stack}.yaml").resolve()  # of a link, what it points to
    old = _read(file)
    new = old
    try:
        for (section, key), value in changes.items():
            new = with_value(new, section=section, key=key, value=value)
        _check(old, new, changes, stack=stack)
    except (CannotEditError, ConfigError) as error:
        raise _by_hand(file.name, changes, why=str(error)) from None
    _replace(file, old=old, new=new)


def _read(file: Path) -> str:
    with file.open(encoding="utf-8", newline="") as stream:  # line ends as they are
        return stream.read()


def _check(old: str, new: str, changes: Changes, *, stack: str) -> None:
    """Whether the new text loads, and says what the old one said and the changes."""
    expected = _tree(old, stack=stack, load=False)
    for (section, key), value in changes.items():
        name = f"{NAMESPACE}:{section}"
        before = expected.get(name) or {}
        mapping = before if isinstance(before, dict) else {"id": before}
        expected[name] = {**mapping, key: list(value) if isinstance(value, tuple) else value}
    if _tree(new, stack=stack, load=True) != expected:
        raise CannotEditError("its layout is not one that can be changed line by line")


def _tree(text: str, *, stack: str, load: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"Pulumi.{stack}.yaml").write_bytes(text.encode())
        if load and (problems := load_stack_file(stack=stack, root=Path(folder)).problems):
            raise ConfigError(problems)
        return {key: _decoded(value) for key, value in read_stack_file(stack=stack, root=Path(folder)).items()}


def _decoded(value: object) -> object:
    """A section that is JSON text, as ``pulumi config set`` stores it, means the mapping."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        return json.loads(value)
    return value


def _replace(file: Path, *, old: str, new: str) -> None:
    """Atomic: whoever reads the file sees the old text or the new one, also after a crash."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            stream.write(new)
            stream.flush()
            os.fsync(stream.fileno())
        shutil.copymode(file, name)
        if _read(file) != old:
            raise failure(path=file.name, message="somebody changed this file meanwhile: run the command again")
        Path(name).replace(file)
    finally:
        Path(name).unlink(missing_ok=True)


def _by_hand(file: str, changes: Changes, *, why: str) -> OpsError:
    lines = "; ".join(
        f"{NAMESPACE}:{section}.{key}: {value if isinstance(value, str) else '[' + ', '.join(value) + ']'}"
        for (section, key), value in changes.items()
    )
    return failure(path=file, given=why, message=f"this file cannot be edited for you; write into it: {lines}")
