"""What came out of reading a configuration: as much of it as is usable, and everything wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from config.errors import Problem
from config.models import StackConfig


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """``config`` leaves out what ``problems`` complains about; None when no model was named."""

    config: StackConfig | None
    problems: tuple[Problem, ...]
