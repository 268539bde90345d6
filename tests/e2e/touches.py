"""What many changes touch."""

from __future__ import annotations

from tests.e2e.change import Touch, update

SHOWS_COST = update("Dashboard vllm", "dashboardBody", why="says what the stack costs, and draws the alarms' limits")
FOLLOWS = update("Group vllm", "launchTemplate", why="follows the template's new version by an instance refresh")


def new_version(*properties: str, why: str) -> tuple[Touch, Touch]:
    """The fleet rolls."""
    return update("LaunchTemplate vllm-host", *properties, why=why), FOLLOWS
