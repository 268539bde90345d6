"""The API keys of a stack on this machine: files of the user, changed under a lock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from machine.secret_files import KEYS_FILE, SecretFiles
from ops.api_keys import Keys, KeyStore, keys_of, text_of
from ops.errors import failure


@dataclass(frozen=True)
class FileKeyStore(KeyStore):
    files: SecretFiles

    def read(self) -> Keys:
        with file_errors(self.files, doing="read the stack's API keys"):
            text = self.files.keys()
        file = self.files.folder / KEYS_FILE
        return keys_of(text, damaged=f"{file} holds something else: put it right, or remove it") if text else {}

    def _change(self, change: Callable[[Keys], Keys]) -> None:
        with file_errors(self.files, doing="store the stack's API keys"), self.files.locked():
            self.files.write_keys(text_of(change(self.read())))


@contextmanager
def file_errors(files: SecretFiles, *, doing: str) -> Iterator[None]:
    """Turn what the file system refuses inside into an OpsError; ``doing`` completes "could not"."""
    try:
        yield
    except OSError as error:
        raise failure(
            path="secret files",
            given=f"{error.filename or files.folder}: {error.strerror}",
            message=f"could not {doing}: this user must be able to write {files.folder}",
            example="export XDG_DATA_HOME=$HOME/.local/share",
        ) from error
