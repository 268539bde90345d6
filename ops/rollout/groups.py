"""What DescribeAutoScalingGroups says of a group, with a launch template alone or in a mixed-instances policy. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_INSTANCE_TYPE = re.compile(r"\b[a-z][a-z0-9-]*\.(?:\d*x?large|metal[a-z0-9-]*)\b")


def template_of(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """The launch template of a group or an instance, also under a mixed-instances policy; empty when it has none."""
    policy = raw.get("MixedInstancesPolicy") or {}
    found: Mapping[str, Any] = raw.get("LaunchTemplate") or (policy.get("LaunchTemplate") or {}).get(
        "LaunchTemplateSpecification", {}
    )
    return found


def template_version(raw: Mapping[str, Any]) -> str:
    """Of a group or an instance; empty when there is none."""
    return str(template_of(raw).get("Version", ""))


def types_of(group: Mapping[str, Any]) -> tuple[str, ...]:
    """That a mixed-instances policy names, in its order; empty without one: the launch template has the only type."""
    template = (group.get("MixedInstancesPolicy") or {}).get("LaunchTemplate") or {}
    return tuple(each["InstanceType"] for each in template.get("Overrides") or () if "InstanceType" in each)


def types_in(reason: str) -> tuple[str, ...]:
    """That AWS names where it has none: "We currently do not have sufficient g6.2xlarge capacity in ..."."""
    return tuple(dict.fromkeys(_INSTANCE_TYPE.findall(reason)))
