"""The README's code blocks, so that tests can run what people will type."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """Every line of every shell block, without comments."""
    return [line.strip() for block in blocks("sh") for line in block.splitlines() if line.strip()]


def inline_commands() -> list[str]:
    """``python -m ops ...`` as it stands in running text, one line each."""
    prose = re.sub(r"^```.*?^```", "", TEXT, flags=re.MULTILINE | re.DOTALL)
    return [" ".join(found.split()) for found in re.findall(r"`(python -m ops [^`]+)`", prose)]


def client_program() -> str:
    (program,) = blocks("python")
    return program
