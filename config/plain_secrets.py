"""Secrets in plain text where none may be. What is found is never echoed."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping

from config.errors import Problem
from config.tree import Path, walk, without

HIDDEN = "[hidden]"

# Published shapes of tokens and keys.
_SHAPES = re.compile(
    r"hf_[A-Za-z0-9]{16,}"
    r"|sk-[A-Za-z0-9_-]{12,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}"
    r"|gh[opsu]_[A-Za-z0-9]{30,}|github_pat_\w{30,}"
    r"|xox[abps]-[A-Za-z0-9-]{10,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
)
_SECRET_WORDS = {"token", "tokens", "key", "keys", "secret", "secrets", "password", "passwd", "passphrase"}
_SECRET_FLAGS = {"api-key", "hf-token"}  # vLLM flags whose value is a secret however it looks
_MIN_LENGTH = 16
_MIN_BITS_PER_CHARACTER = 3.0


def looks_secret(*, path: Path, value: str) -> bool:
    """Whether this is a secret: by its shape, by its flag, or as random text in a key named like one."""
    if _SHAPES.search(value):
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


def hide(text: str) -> str:
    """The text with everything in it that has a secret's shape replaced."""
    return _SHAPES.sub(HIDDEN, text)


def refuse(values: Mapping[str, object], encrypted_keys: Collection[str]) -> tuple[dict[str, object], list[Problem]]:
    """Take every plain secret out of the configuration, also of other namespaces (``aws:secretKey``)."""
    result: dict[str, object] = dict(values)
    problems = []
    for key, section in values.items():
        if key in encrypted_keys:
            continue
        name = key.rpartition(":")[2]
        for path, node in walk(section):
            if not (isinstance(node, str) and looks_secret(path=(name, *path), value=node)):
                continue
            if any(part == "secure" for part in path):
                continue
            problems.append(_problem(key + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)))
            if path:
                result[key] = without(result[key], path)
            else:
                result.pop(key)
    return result, problems


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
