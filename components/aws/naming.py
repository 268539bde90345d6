"""Logical names, tags and the few physical names that AWS does not let Pulumi choose; the only place for them,
but for those that hosts use as well (userdata/options.py).

Logical names start with ``vllm`` and never hold the stack, the region or a zone: they are identity, and a
changed one replaces the resource. What people read is the tag ``Name``, which may change freely.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

PROJECT = "vllm"
CACHE_SLOT_TAG = "vllm:cache-slot"

_DASHBOARD_NAME_MAX_LENGTH = 255  # PutDashboard


@dataclass(frozen=True, kw_only=True)
class Tags:
    """The tags of one stack; ``named`` gives those of one resource. ``extra`` never overrides the four own ones."""

    stack: str
    extra: Mapping[str, str] = field(default_factory=dict)

    def named(self, part: str, /, **more: str) -> dict[str, str]:
        """Tags of the resource that people call ``part``, e.g. ``alb``; ``more`` are further tags of this one."""
        own = {
            "Name": f"{PROJECT}-{self.stack}-{part}",
            "Project": PROJECT,
            "Stack": self.stack,
            "ManagedBy": "pulumi",
        }
        return {**self.extra, **more, **own}

    @property
    def own(self) -> Tags:
        """Without the user's tags, for the few places that must not have them."""
        return Tags(stack=self.stack)


def dashboard_name(*, stack: str, region: str) -> str:
    """Dashboards share one namespace per account, whatever the region, and take only ``[A-Za-z0-9_-]``."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", f"{PROJECT}-{stack}-{region}")[:_DASHBOARD_NAME_MAX_LENGTH]


def composite_name(*, stack: str, id: str) -> str:
    """Pulumi makes no name for a composite alarm; alarms share one namespace per account and region."""
    return f"{PROJECT}-{stack}-{id}"
