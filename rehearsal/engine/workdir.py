"""The folder that a rehearsed stack lives in: copies of Pulumi.yaml and the stack file, the engine's state
and its home. The engine writes to stack files, so it never sees the user's."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from config.placeholders import with_stand_ins
from rehearsal.engine.environment import KEPT_SETTINGS

# How the file's own secrets are encrypted; the rehearsal has another passphrase and knows none of them.
_ENCRYPTION = frozenset({"encryptionsalt", "encryptedkey", "secretsprovider"})
_PLACEHOLDER = "[secret]"


@contextlib.contextmanager
def work_dir(*, stack: str, root: Path, plugins: Path) -> Iterator[Path]:
    """A new folder with the project in it; gone afterwards. Placeholders of the stack file, which the program
    refuses, are replaced by their stand-ins. ``plugins`` is where installed plugins stay between rehearsals.
    Raises FileNotFoundError when the project has no such stack file."""
    with tempfile.TemporaryDirectory(prefix="vllm-rehearsal-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        shutil.copy(root / "Pulumi.yaml", folder)
        source = root / f"Pulumi.{stack}.yaml"
        document = without_access(yaml.safe_load(source.read_text()) or {})
        settings, _ = with_stand_ins(document["config"])
        write_stack_file(folder / source.name, document | {"config": settings})
        for inside in ("state", "pulumi-home", "tmp"):
            (folder / inside).mkdir()
        plugins.mkdir(parents=True, exist_ok=True)
        (folder / "pulumi-home" / "plugins").symlink_to(plugins, target_is_directory=True)
        yield folder


def plugins_folder(*, environ: Mapping[str, str]) -> Path:
    """Where the Pulumi CLI of this user keeps plugins."""
    home = environ.get("PULUMI_HOME") or Path(environ.get("HOME") or Path.home()) / ".pulumi"
    return Path(home) / "plugins"


def without_access(document: Mapping[str, Any]) -> dict[str, Any]:
    """A stack file without what says which account is used and how: provider settings, encryption. Its
    ``secure:`` values become a placeholder."""
    kept = {key: value for key, value in document.items() if key not in _ENCRYPTION}
    settings = {
        key: _without_secrets(value)
        for key, value in (document.get("config") or {}).items()
        if not key.startswith("aws:") or key in KEPT_SETTINGS
    }
    return kept | {"config": settings}


def edit_stack_file(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Lets ``change`` alter the ``config`` mapping of a stack file in place."""
    document = yaml.safe_load(path.read_text())
    change(document["config"])
    write_stack_file(path, document)


def write_stack_file(path: Path, document: Mapping[str, Any]) -> None:
    part = path.with_suffix(".part")
    part.write_text(yaml.safe_dump(dict(document), sort_keys=False))
    part.replace(path)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {"secure"}:
            return _PLACEHOLDER
        return {key: _without_secrets(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    return value
