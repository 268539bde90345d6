"""The published shapes of tokens and keys, and a text without them."""

from __future__ import annotations

import re

HIDDEN = "[hidden]"

SHAPES = re.compile(
    r"hf_[A-Za-z0-9]{16,}"
    r"|(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{12,}"  # not the end of help-desk-operations
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}"
    r"|gh[opsu]_[A-Za-z0-9]{30,}|github_pat_\w{30,}"
    r"|xox[abps]-[A-Za-z0-9-]{10,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY[\s\S]*"
)


def hide(text: str) -> str:
    """The text with everything in it that has a secret's shape replaced."""
    return SHAPES.sub(HIDDEN, text)
