"""Where a stack on one machine keeps its secrets: files of the user, which the container reads from a mount.

They never pass through Pulumi, an argument or an environment variable.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from machine.names import Names
from userdata.files.write_keys import config_text, read_keys

KEYS_FILE = "keys.json"  # the same JSON as the secret on AWS: names, keys, dates
CONFIG_FILE = "config.yaml"  # what vLLM reads by --config, made from keys.json
TOKEN_FILE = "hf_token"  # noqa: S105 - the name of a file
LOCK_FILE = ".lock"
FOLDER_MODE = 0o700


def secrets_folder(stack: str, environment: Mapping[str, str] = os.environ) -> Path:
    """``${XDG_DATA_HOME:-~/.local/share}/vllm-pulumi/<stack>``; it need not be there yet."""
    data = environment.get("XDG_DATA_HOME", "")
    # The XDG base directory specification: a relative path is invalid and is to be ignored.
    base = Path(data) if data.startswith("/") else Path(environment.get("HOME") or Path.home()) / ".local" / "share"
    return base / "vllm-pulumi" / Names(stack).folder


@dataclass(frozen=True)
class SecretFiles:
    """The files in ``folder``. Whoever reads or writes gets an OSError where the folder cannot be used."""

    folder: Path

    @classmethod
    def of(cls, stack: str, environment: Mapping[str, str] = os.environ) -> SecretFiles:
        return cls(secrets_folder(stack, environment))

    @property
    def has_api_key(self) -> bool:
        """Whether the server would find a key in its ``--config`` file."""
        try:
            return bool(read_keys(self.keys())) and (self.folder / CONFIG_FILE).is_file()
        except (OSError, ValueError):
            return False

    @property
    def has_hf_token(self) -> bool:
        try:
            return (self.folder / TOKEN_FILE).stat().st_size > 0
        except OSError:
            return False

    def keys(self) -> str:
        """The text of ``keys.json``; empty when there is none."""
        try:
            return (self.folder / KEYS_FILE).read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    def write_keys(self, text: str) -> None:
        """``keys.json``, and from it what vLLM reads. ValueError when it does not have the form of the secret."""
        config = config_text(read_keys(text))
        self._write(KEYS_FILE, text)
        self._write(CONFIG_FILE, config)

    def write_hf_token(self, token: str) -> Path:
        """The file that holds it now."""
        return self._write(TOKEN_FILE, token)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone among those who change the keys, on this machine."""
        self._make_folder()
        with (self.folder / LOCK_FILE).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, name: str, text: str) -> Path:
        """In one go, for the user alone: a container that starts at this moment must not read half a file."""
        self._make_folder()
        target = self.folder / name
        handle, partial = tempfile.mkstemp(dir=self.folder, prefix=f".{name}.")  # made with 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(partial).replace(target)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
        return target

    def _make_folder(self) -> None:
        self.folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        self.folder.chmod(FOLDER_MODE)
