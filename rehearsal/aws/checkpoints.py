"""Checkpoints of an instance refresh. Pure.

RefreshPreferences: "CheckpointPercentages: Threshold values for each checkpoint in ascending order. Each number must be
unique. To replace all instances in the Auto Scaling group, the last number in the array must be 100"; "If you specify
a value for CheckpointPercentages and not for CheckpointDelay, the CheckpointDelay defaults to 3600". User guide, "Add
checkpoints to an instance refresh": they are "the minimum percentage of instances in the Auto Scaling group that must
be new instances before the checkpoint is considered reached"; what waits is counted from the end of the warm-up; a
checkpoint that the next one has overtaken is skipped. [1,20,100] "initially refreshes one percent [...]. After waiting
10 minutes, it then refreshes the next 19 percent and waits another 10 minutes. Finally, it refreshes the rest of the
group before concluding the operation": nothing waits after the last one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DEFAULT_DELAY_S = 3600
ALL = 100  # percent


@dataclass(frozen=True, kw_only=True)
class Checkpoints:
    """``percentages``: ascending, none where the refresh has no checkpoint."""

    percentages: tuple[int, ...] = ()
    delay_s: float = 0.0

    @property
    def aim(self) -> int:
        """Percent of the group that the whole refresh replaces."""
        return self.percentages[-1] if self.percentages else ALL


@dataclass(kw_only=True)
class Pace:
    """How far a refresh has come. ``pausing_since_s``: at the checkpoint ``passed`` percent, which it has reached."""

    checkpoints: Checkpoints
    passed: int = 0
    pausing_since_s: float | None = None

    def may_be_new(self, capacity: int, *, ready: int, now_s: float) -> int:
        """How many instances may be new now, of which ``ready`` are warmed up. Call it whenever time has passed."""
        reached = [each for each in self.checkpoints.percentages if needed(each, capacity) <= ready]
        if reached and reached[-1] > self.passed:
            self.passed = reached[-1]
            self.pausing_since_s = now_s if self.passed < self.checkpoints.aim else None
        if self.pausing_since_s is not None and now_s - self.pausing_since_s >= self.checkpoints.delay_s:
            self.pausing_since_s = None
        if self.pausing_since_s is not None:
            return ready
        following = [each for each in self.checkpoints.percentages if each > self.passed]
        return needed(following[0] if following else self.checkpoints.aim, capacity)


def needed(percentage: int, capacity: int) -> int:
    """New instances for a checkpoint: "equal to or higher than the percentage threshold, but not lower"."""
    return math.ceil(capacity * percentage / ALL)


def checkpoints_of(preferences: Mapping[str, Any]) -> Checkpoints:
    """Those of a request. ValueError for what AWS refuses."""
    given: Sequence[Any] = preferences.get("CheckpointPercentages") or ()
    percentages = tuple(int(each) for each in given)
    delay = preferences.get("CheckpointDelay")
    if list(percentages) != sorted(set(percentages)) or any(not 1 <= each <= ALL for each in percentages):
        raise ValueError("CheckpointPercentages must be unique, in ascending order, and from 1 to 100")
    if delay is not None and not percentages:
        raise ValueError("CheckpointPercentages must be specified if CheckpointDelay is")
    if not percentages:
        return Checkpoints()
    return Checkpoints(percentages=percentages, delay_s=float(DEFAULT_DELAY_S if delay is None else delay))
