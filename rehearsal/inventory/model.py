"""How a reader answers: titled rows of text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Client = Callable[[str], Any]  # a boto3 client by the service's name


@dataclass(frozen=True, kw_only=True)
class Section:
    """One thing that AWS holds, as label and value, in reading order."""

    title: str
    rows: tuple[tuple[str, str], ...]

    def as_dict(self) -> dict[str, Any]:
        return {"title": self.title, "rows": [list(row) for row in self.rows]}


def tag(tags: list[Mapping[str, str]], key: str) -> str:
    """The value of a tag in AWS's list form; empty when there is none."""
    return next((entry["Value"] for entry in tags if entry["Key"] == key), "")
