"""In production some replicas are never spot instances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policies.hosts import GROUP, mixed_policies
from policies.model import Deployment, Finding, Rule, blocks, found, is_production, number


def check(deployment: Deployment) -> Iterator[Finding]:
    for group in deployment.of_type(GROUP):
        if not is_production(group):
            continue
        for policy in mixed_policies(group):
            if any(_all_may_go(distribution) for distribution in blocks(policy.get("instancesDistribution"))):
                yield found(group, "every replica may be a spot instance, and AWS may take all of them at once")


def _all_may_go(distribution: Mapping[str, Any]) -> bool:
    # What AWS takes where nothing is said: no base, and above it on demand alone.
    base = number(distribution.get("onDemandBaseCapacity") or 0, 1)
    return base == 0 and number(distribution.get("onDemandPercentageAboveBaseCapacity", 100), 100) < 100


RULE = Rule(
    id="spot-has-a-base",
    level="advisory",
    says="In production a fleet with spot instances has replicas that are on demand.",
    cause="AWS is short of a type and takes every spot instance of the region within two minutes: nothing answers "
    "until it has others",
    remedy="set `compute.capacity.onDemandBase` to the replicas that must always serve",
    check=check,
)
