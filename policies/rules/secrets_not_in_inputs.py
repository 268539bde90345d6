"""No input has the shape of a secret."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from policies.model import Deployment, Finding, Rule, found

SHAPES: Mapping[str, re.Pattern[str]] = {
    "a HuggingFace token": re.compile(r"\bhf_[A-Za-z0-9]{16,}"),
    "an API key": re.compile(r"\bsk-[A-Za-z0-9_-]{16,}"),
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "a GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}"),
    "a Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "a password in a URL": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@'\"$<>{}]+:[^\s/@'\"$<>{}]+@"),
    "a value that Pulumi encrypted": re.compile(r"\bv1:[A-Za-z0-9+/=]{8,}:"),
}
"""What it is called -> its shape."""


def check(deployment: Deployment) -> Iterator[Finding]:
    for resource in deployment:
        for path, text in (*_texts(resource.inputs), *_texts(resource.outputs)):
            for kind in _kinds(text):
                yield found(resource, f"{path} holds what looks like {kind}")


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text with the way to it; the keys of mappings too, for people put things there."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield path or "a key", str(key)
            step = "[hidden]" if _kinds(str(key)) else str(key)
            yield from _texts(item, f"{path}.{step}" if path else step)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _texts(item, f"{path}[{index}]")


@lru_cache(maxsize=4096)  # names of properties, types, tags: most texts of a graph come again and again
def _kinds(text: str) -> tuple[str, ...]:
    readings = [reading for reading in (text, _decoded(text)) if reading]
    return tuple(kind for kind, shape in SHAPES.items() if any(shape.search(reading) for reading in readings))


def _decoded(text: str) -> str:
    """User data is base64."""
    try:
        return base64.b64decode(text, validate=True).decode() if len(text) >= 24 else ""
    except ValueError:
        return ""


RULE = Rule(
    id="secrets-not-in-inputs",
    level="mandatory",
    says="No input or output of a resource has the shape of a token, a key or a password.",
    cause="an HF token in the user data stands in the state, in the console, and in every answer of "
    "DescribeLaunchTemplateVersions",
    remedy="take it out and treat it as known: revoke it; `python -m ops secrets set hf-token` and `ops keys add` "
    "store secrets past Pulumi",
    check=check,
)
