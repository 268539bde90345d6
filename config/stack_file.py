"""Reading ``Pulumi.<stack>.yaml``, the way the engine would."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import yaml

from config import rules
from config.errors import ConfigError, Problem
from config.tree import is_handy
from config.yaml_loader import StackLoader

# What Pulumi itself writes beside `config:`.
TOP_LEVEL_KEYS = ("config", "environment", "secretsprovider", "encryptedkey", "encryptionsalt")
EXAMPLE_FILE = "config: {aws:region: us-east-1, vllm:model: meta-llama/Llama-3.1-8B-Instruct}"


def read_stack_file(*, stack: str, root: Path) -> dict[str, object]:
    """The ``config:`` mapping of the file. ConfigError when there is no such file or no such mapping."""
    file = _find(stack=stack, root=root)
    document = _load_yaml(file)
    if document is None:
        document = {}
    if not isinstance(document, dict):
        raise _error(file.name, type(document).__name__, "the file is not a mapping of keys to values")
    stray = [key for key in document if key not in TOP_LEVEL_KEYS]
    if stray:
        raise ConfigError(_stray(file.name, str(key)) for key in stray)
    config = document.get("config") or {}
    if not isinstance(config, dict):
        raise _error("config", repr(config), f"config: in {file.name} is not a mapping of keys to values")
    return {str(key): value for key, value in config.items()}


def _find(*, stack: str, root: Path) -> Path:
    try:
        rules.stack_name(stack)
    except ValueError:
        raise ConfigError(
            [
                Problem(
                    path="--stack",
                    given=stack or '""',
                    allowed=f"1 to {rules.STACK_NAME_MAX_LENGTH} letters, digits and - _ .",
                    example="--stack dev",
                    message="this is not the name of a stack; it is NAME in Pulumi.NAME.yaml",
                )
            ]
        ) from None
    file = root / f"Pulumi.{stack}.yaml"
    if file.is_file():
        return file
    stacks = sorted(f.name[len("Pulumi.") : -len(".yaml")] for f in root.glob("Pulumi.*.yaml"))
    close = difflib.get_close_matches(stack, stacks, n=1)
    raise ConfigError(
        [
            Problem(
                path="--stack",
                given=stack,
                allowed=", ".join(stacks) or "no stack file is in this folder: run from the repository root",
                example=f"--stack {(close or stacks or ['dev'])[0]}",
                message=f"there is no {file.name} here" + (f"; did you mean {close[0]}?" if close else ""),
            )
        ]
    )


def _load_yaml(file: Path) -> Any:
    try:
        document = yaml.load(file.read_text(encoding="utf-8"), Loader=StackLoader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        raise _error(file.name, where, f"this is not YAML: {error.problem} ({where})") from None
    except RecursionError:
        raise _error(file.name, "brackets in brackets", "it is nested too deeply to be read") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise _error(file.name, "unreadable bytes", "this is not a text file in UTF-8") from None
    except OSError as error:
        raise _error(file.name, "unreadable", f"it cannot be read: {error.strerror}") from None
    if not is_handy(document):
        raise _error(file.name, "values in values", "it is nested too deeply, or holds itself through an alias (*)")
    return document


def _error(path: str, given: str, message: str) -> ConfigError:
    return ConfigError(
        [
            Problem(
                path=path,
                given=given,
                allowed="a YAML mapping with config: in it",
                example=EXAMPLE_FILE,
                message=message,
            )
        ]
    )


def _stray(file: str, key: str) -> Problem:
    close = difflib.get_close_matches(key, TOP_LEVEL_KEYS, n=1)
    hint = "indent it under config:" if ":" in key else f"did you mean {close[0]}?" if close else "remove it"
    return Problem(
        path=key,
        given=f"a key at the left margin of {file}",
        allowed=", ".join(TOP_LEVEL_KEYS),
        example=EXAMPLE_FILE,
        message=f"Pulumi knows no such key there: {hint}",
    )
