"""The published shapes of tokens and keys, and a text without them."""

from __future__ import annotations

import re

HIDDEN = "[hidden]"

SHAPES = re.compile(
    r"hf_[A-Za-z0-9]{16,}"
    r"|(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{12,}"  # not the end of help-desk-operations
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}"
    r"|gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_\w{20,}"
    r"|xox[abprs]-[A-Za-z0-9-]{10,}"
    r"|[a-z][a-z0-9+.-]{0,20}://[^\s/:@'\"$<>{}]+:[^\s/@'\"$<>{}]+@"  # a password in an address
    r"|-----BEGIN [A-Z ]*PRIVATE KEY[\s\S]*"
)


def hide(text: str) -> str:
    """The text with everything in it that has a secret's shape replaced."""
    return SHAPES.sub(HIDDEN, text)
