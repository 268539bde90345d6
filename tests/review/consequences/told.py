"""What is told of a change between two small graphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from review.model import Consequence
from tests.review.graphs import GROUP, TEMPLATE, resource, reviewed, revision, root, urn

PLAN: Mapping[str, Any] = {
    "model": "m/m",
    "vllm_args": ["m/m", "--served-model-name", "m"],
    "cold_start_s": {"total": 1200, "instance": 60, "image": 300, "download": 600, "load": 240},
    "timers": {"instance_warmup_s": 60},
    "cost": {"hourly_usd": 1.0, "monthly_usd": 730.0, "items": [{"name": "instances", "hourly_usd": 1.0}]},
    "findings": [],
}


def told(
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    *,
    plans: tuple[Mapping[str, Any], Mapping[str, Any]] = (PLAN, PLAN),
) -> dict[str, Consequence]:
    """By id."""
    found = reviewed(revision(*before, plan=plans[0]), revision(*after, plan=plans[1])).consequences
    return {each.id: each for each in found}


def fleet(
    text: str = "a", *, hosts: int = 2, healthy: tuple[int, int] = (100, 150), **more: Any
) -> list[dict[str, Any]]:
    """A launch template with this user data, and the group that follows it."""
    template = resource(
        TEMPLATE, "host", {"userData": text, **more}, answered={"id": "lt-0123456789abcdef0", "latestVersion": 1}
    )
    inputs = {
        "launchTemplate": {"id": "lt-0123456789abcdef0", "version": "1"},
        "minSize": hosts,
        "maxSize": hosts,
        "instanceRefresh": {
            "strategy": "Rolling",
            "preferences": {"minHealthyPercentage": healthy[0], "maxHealthyPercentage": healthy[1]},
        },
    }
    return [root(), template, resource(GROUP, "fleet", inputs, reads={"launchTemplate": [urn(TEMPLATE, "host")]})]
