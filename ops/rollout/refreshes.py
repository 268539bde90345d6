"""An instance refresh as DescribeInstanceRefreshes tells it. Pure.

AWS does not say that a refresh waits, nor until when; it follows from when the newest host was launched. It waits for
that host's warm-up, in which alarms may call it back, and "when the percentage of instances that are replaced and
warmed up reaches one of the specified thresholds" for as long as the checkpoints ask (user guide, "Add checkpoints to
an instance refresh", 2026-11).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ops.rollout.groups import template_version
from ops.rollout.state import Instance, Refresh

WHOLE = 100
CHECKPOINT_DELAY_S = 3600  # of AWS, where checkpoints are given without
NO_ALARM = ("Successful", "Pending", "InProgress", "Baking")
"""Statuses in which no alarm has called it back."""


def refresh_of(
    raw: Mapping[str, Any],
    *,
    group: Mapping[str, Any],
    instances: Sequence[Instance],
    launched: datetime | None,
    now: datetime,
) -> Refresh:
    """``raw``: of DescribeInstanceRefreshes; ``launched``: when the newest instance was InService."""
    wishes: Mapping[str, Any] = raw.get("Preferences") or {}
    hosts, left = int(group.get("DesiredCapacity") or 0), raw.get("InstancesToUpdate")
    replaced = None if left is None else max(0, hosts - int(left))
    alarms = tuple((wishes.get("AlarmSpecification") or {}).get("Alarms") or ())
    status, reason = str(raw["Status"]), str(raw.get("StatusReason") or "")
    back = str((raw.get("RollbackDetails") or {}).get("RollbackReason") or "")
    waits = status == "InProgress" and not any(each.launches for each in instances)
    until = _until(wishes, group=group, hosts=hosts, instances=instances, launched=launched) if waits else None
    return Refresh(
        id=raw["InstanceRefreshId"],
        status=status,
        percent=raw.get("PercentageComplete", 0),
        reason=reason or back,
        replaced=replaced,
        hosts=hosts,
        bakes_until=until if until and until > now else None,
        alarms=alarms,
        called_back_by=() if status in NO_ALARM else _named(f"{back} {reason}", alarms),
    )


def _until(
    wishes: Mapping[str, Any],
    *,
    group: Mapping[str, Any],
    hosts: int,
    instances: Sequence[Instance],
    launched: datetime | None,
) -> datetime | None:
    """When the newest host is warm, and the pause over that it may begin. None when none was launched."""
    if launched is None:
        return None
    version = template_version(group)
    new = sum(each.state == "InService" and each.template_version == version for each in instances)
    wait_s = int(wishes.get("InstanceWarmup", group.get("DefaultInstanceWarmup")) or 0)
    if _is_checkpoint(new, hosts=hosts, wishes=wishes):
        wait_s += int(wishes.get("CheckpointDelay", CHECKPOINT_DELAY_S))
    return launched + timedelta(seconds=wait_s) if new else None


def _is_checkpoint(new: int, *, hosts: int, wishes: Mapping[str, Any]) -> bool:
    """Whether so many hosts just reach one: "the minimum percentage of instances that must be new". Not the last."""
    checkpoints = [each for each in wishes.get("CheckpointPercentages") or () if each < WHOLE]
    return any(new == math.ceil(hosts * each / WHOLE) for each in checkpoints)


def _named(text: str, alarms: Sequence[str]) -> tuple[str, ...]:
    """Those that the text names, whole: one may begin as another does."""
    return tuple(name for name in alarms if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text))
