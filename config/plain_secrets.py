"""Secrets in plain text where none may be. What is found is never echoed."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from config.errors import Problem
from config.secret_shapes import HIDDEN, SHAPES
from config.tree import Path, walk, without

_SECRET_WORDS = {"token", "tokens", "key", "keys", "secret", "secrets", "password", "passwd", "passphrase"}
_SECRET_FLAGS = {"api-key", "hf-token"}  # vLLM flags whose value is a secret however it looks
_MIN_LENGTH = 16
_MIN_BITS_PER_CHARACTER = 3.0


def looks_secret(*, path: Path, value: str) -> bool:
    """Whether this is a secret: by its shape, by its flag, or as random text in a key named like one."""
    if SHAPES.search(value):
        return True
    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    if name.replace("_", "-").lower() in _SECRET_FLAGS:
        return True
    words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}
    return bool(words & _SECRET_WORDS) and "kms" not in words and _looks_random(value)  # a KMS key is known by its id


def _looks_random(value: str) -> bool:
    if len(value) < _MIN_LENGTH or value.startswith("arn:") or re.search(r"\s", value):
        return False
    counts = Counter(value)
    bits = -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())
    return bits >= _MIN_BITS_PER_CHARACTER


def refuse(values: Mapping[str, object], encrypted_keys: Collection[str]) -> tuple[dict[str, object], list[Problem]]:
    """Take every plain secret out of the configuration, also of other namespaces (``aws:secretKey``)."""
    result: dict[str, object] = {}
    problems = []
    for key, section in values.items():
        found = [] if key in encrypted_keys else list(_found(key, section))
        problems += [_problem(key + _shown(path)) for path in found]
        if () in found:
            continue
        for path in found:
            section = without(section, path)
        result[key] = section
    return result, problems


def _found(key: str, section: object) -> Iterator[Path]:
    """Where in a section a secret stands, as a value or as a key; once for all that is below such a key."""
    if SHAPES.search(key):
        yield ()
        return
    name = key.rpartition(":")[2]
    for path, node in walk(section):
        if any(isinstance(part, str) and SHAPES.search(part) for part in path[:-1]):
            continue
        is_key = bool(path) and isinstance(path[-1], str) and bool(SHAPES.search(path[-1]))
        is_value = isinstance(node, str) and looks_secret(path=(name, *path), value=node)
        if is_key or (is_value and "secure" not in path):
            yield path


def _shown(path: Path) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)


def _problem(path: str) -> Problem:
    return Problem(
        path=path,
        given=HIDDEN,
        allowed="no secret: many read this file, previews show its values and the state keeps them",
        example="python -m ops secrets set hf-token --stack dev",
        message="a secret in plain text: take it out, and make a new one, for this one has been in a file. "
        "API keys are made with `python -m ops keys add`, the HuggingFace token is stored with "
        "`python -m ops secrets set hf-token`",
    )
