"""Turns the API-key secret on standard input into vLLM's config file: ``write_keys.py FILE < secret``.

The secret is JSON: ``{"keys": {"<name>": {"key": "sk-...", "created": "<iso>"}}}``. Exit status 3 while it
has no key, 1 with the reason on standard error when it is malformed. The reason never holds a part of the secret.
"""

import json
import os
import sys
from pathlib import Path


def read_keys(secret: str) -> list[str]:
    """The keys in the order of their names. ValueError when the secret does not have the form above."""
    try:
        document = json.loads(secret)
        keys = [entry["key"] for _, entry in sorted(document["keys"].items())]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"the secret is not of the form that `ops keys add` writes ({type(error).__name__})") from None
    if not all(isinstance(key, str) and key.isprintable() and key.strip() for key in keys):
        raise ValueError("the secret holds a key that is empty or not text")
    if any(key.startswith("-") for key in keys):
        raise ValueError("the secret holds a key that starts with a dash: vLLM would take it for a flag")
    return keys


def config_text(keys: list[str]) -> str:
    """vLLM's ``--config`` file; a JSON string is a YAML string."""
    return "api-key:\n" + "".join(f"- {json.dumps(key)}\n" for key in keys)


def main() -> int:
    target = Path(sys.argv[1])
    try:
        keys = read_keys(sys.stdin.read())
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if not keys:
        return 3
    # Replaced in one go: a restart of vLLM at this moment must not read half a file.
    partial = target.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as file:
        file.write(config_text(keys))
    folder = target.parent.stat()
    os.chown(partial, folder.st_uid, folder.st_gid)  # of the container, which may read it
    partial.rename(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
