"""Secrets do not leave the host in a log line: neither what has the shape of one nor the stack's own keys and token."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

HIDDEN = "[hidden]"
_SHORTEST = 8  # of a value that is looked for as it is: "on" as a key would hide half of the log
_MOST = 1000

_SHAPES = re.compile(
    r"hf_[A-Za-z0-9]{16,}"
    r"|sk-[A-Za-z0-9_-]{12,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}"
    r"|gh[opsu]_[A-Za-z0-9]{30,}|github_pat_\w{30,}"
    r"|xox[abps]-[A-Za-z0-9-]{10,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY.*"
)
# What stands behind a word that announces a secret; the word is kept.
_ANNOUNCED = re.compile(
    r"(\bauthorization[\"']?\s*[:=]\s*[\"']?(?:(?:basic|bearer)\s+)?"
    r"|\bbearer\s+"
    r"|(?:\b(?:hf[-_])?token|(?:\b|_)(?:api[-_]?key|password|passwd|secret[-_]?access[-_]?key|session[-_]?token"
    r"|security[-_]?token))[\"']?\s*[:=]\s*[\"'\[]*"
    r"|[?&](?:x-amz-(?:signature|security-token|credential)|signature|policy|sig|token|key)=)"
    r"(?!\[?hidden\])(?![\d.]+(?![\w.]))[^\s\"'&,;)\]}]{6,}",  # a number is none: "first token: 0.123456"
    re.IGNORECASE,
)


def redact(text: str, known: Iterable[str] = ()) -> str:
    """``text`` without secrets; ``known``: values that are hidden wherever they stand."""
    for value in known:
        if value in text:
            text = text.replace(value, HIDDEN)
    return _SHAPES.sub(HIDDEN, _ANNOUNCED.sub(rf"\1{HIDDEN}", text))


@dataclass(kw_only=True)
class KnownSecrets:
    """The values in the files that the boot wrote for the container; also those of before a rotation."""

    folder: Path
    values: tuple[str, ...] = ()
    _seen: dict[str, int] = field(default_factory=dict)

    def refresh(self) -> None:
        """Reads the files that are new or have changed. Nothing is known before the boot has written them."""
        for name, values_of in (("config.yaml", _keys), ("hf_token", str.split)):
            try:
                changed_ns = (self.folder / name).stat().st_mtime_ns
                if self._seen.get(name) == changed_ns:
                    continue
                found = values_of((self.folder / name).read_text(encoding="utf-8", errors="replace"))
            except (OSError, ValueError):
                continue
            self._seen[name] = changed_ns
            new = [value for value in found if len(value) >= _SHORTEST and value not in self.values]
            # The longest first: a key may begin with another.
            self.values = tuple(sorted((*self.values, *new)[-_MOST:], key=len, reverse=True))


def _keys(config: str) -> list[str]:
    """As write_keys.py writes them: ``- "<key>"``, a JSON string."""
    return [json.loads(line[2:]) for line in config.splitlines() if line.startswith('- "') and line.endswith('"')]
