"""Where ``ops smoke`` takes its key from. It is never an argument, and never shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ops.errors import OpsError, failure

if TYPE_CHECKING:
    from ops.api_keys import KeyStore
    from ops.outputs import Deployed


def given_key(*, env: str | None, file: Path | None, environment: Mapping[str, str]) -> str | None:
    """From the variable or the file; None when neither was named. OpsError when there is no key there."""
    if env is not None:
        return _checked(environment.get(env, ""), f"the environment variable {env}")
    if file is None:
        return None
    try:
        return _checked(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise _no_key(f"{file} cannot be read: {error}") from None


def stack_key(stack: Deployed, *, name: str | None) -> str:
    """The key of this name in the stack's secret, by default the oldest. OpsError when there is none."""
    keys = _store(stack).read()
    chosen = keys.get(name) if name is not None else next(iter(keys.values()), None)
    if chosen is None:
        raise _no_key(f"the stack has no key {name}" if name else "the stack has no key yet")
    return chosen.key


def _store(stack: Deployed) -> KeyStore:
    if stack.config.target == "local":
        from machine.secret_files import SecretFiles
        from ops.key_files import FileKeyStore

        return FileKeyStore(SecretFiles.of(stack.stack))
    from ops.clients import client_config, session
    from ops.key_store import SecretKeyStore

    client = session(stack.region).client("secretsmanager", config=client_config())
    return SecretKeyStore(client=client, secret_arn=stack.output("api_keys_secret_arn"))


def _checked(text: str, where: str) -> str:
    key = text.strip()
    if not key or any(character.isspace() or not character.isascii() for character in key):
        raise _no_key(f"{where} holds no API key")
    return key


def _no_key(message: str) -> OpsError:
    return failure(path="API key", given="[hidden]", message=message, example="python -m ops keys add NAME --stack dev")
