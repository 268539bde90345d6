"""An estimate as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Range:
    """An estimate: both ends of what is likely."""

    low: float
    high: float
