"""A change of the hosts goes through an instance refresh."""

from __future__ import annotations

from collections.abc import Iterator

from policies.hosts import GROUP, template_uses
from policies.model import Deployment, Finding, Resource, Rule, found, number


def check(deployment: Deployment) -> Iterator[Finding]:
    for group in deployment.of_type(GROUP):
        if text := _wrong(group):
            yield found(group, text)


def _wrong(group: Resource) -> str:
    refreshes = group.entries("instanceRefresh")
    if not refreshes or refreshes[0].get("strategy") != "Rolling":
        return "a new launch template reaches no host: there is no rolling instance refresh"
    if {"launchTemplate", "mixedInstancesPolicy"} & set(group.ignore_changes):
        return "a new launch template reaches no host: the group ignores it"
    if any(str(used.get("version") or "$Default")[0] == "$" for used in template_uses(group)):
        return "the version of the launch template floats: hosts launched tomorrow differ from those of today"
    preferences = refreshes[0].get("preferences") or {}
    if not preferences.get("autoRollback"):
        return "a refresh that fails leaves the fleet half of each version: autoRollback is off"
    healthy = number(preferences.get("minHealthyPercentage") or 0, 100)
    if healthy < 50 and number(group.inputs.get("minSize"), 0) > 1:
        return "a refresh may take more than half of the replicas at once"
    return ""


RULE = Rule(
    id="fleet-rolls",
    level="mandatory",
    says="The group follows an explicit launch template version by a rolling refresh that rolls back.",
    cause="a flag is changed and `pulumi up` says done, but hosts go on with the old one until they die, and two "
    "versions answer",
    remedy="keep instanceRefresh (Rolling, autoRollback, at least half healthy) and the template's explicit version "
    "in components/aws/refresh.py and components/aws/capacity.py",
    check=check,
)
