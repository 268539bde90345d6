"""One line that a service has said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class LogLine:
    """``at`` in UTC; ``source``: an instance's id, or a container on this machine."""

    at: datetime
    source: str
    unit: str
    text: str

    def render(self) -> str:
        return f"{self.at:%Y-%m-%dT%H:%M:%S}Z {self.source} {self.unit}: {self.text}"

    def as_dict(self) -> dict[str, str]:
        at = self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {"at": at, "source": self.source, "unit": self.unit, "text": self.text}
