"""Hosts join when they serve and leave when they are done."""

from __future__ import annotations

from collections.abc import Iterator

from policies.hosts import GROUP
from policies.model import Deployment, Finding, Rule, found

HOOK = "aws:autoscaling/lifecycleHook:LifecycleHook"
LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"


def check(deployment: Deployment) -> Iterator[Finding]:
    for group in deployment.of_type(GROUP):
        hooks = [hook.inputs for hook in deployment.linked([HOOK], by="autoscalingGroupName", to=group)]
        given = {str(hook.get("lifecycleTransition")): str(hook.get("defaultResult")) for hook in hooks}
        if LAUNCHING not in given:
            yield found(group, "hosts get requests before they have loaded the model: no hook at the launch")
        elif given[LAUNCHING] != "ABANDON":
            yield found(group, "a host whose boot fails joins all the same: the hook at the launch does not ABANDON")
        if TERMINATING not in given:
            yield found(group, "hosts end with requests running: no hook at the end")


RULE = Rule(
    id="hooks-at-both-ends",
    level="mandatory",
    says="The group has a launching hook that abandons and a terminating hook.",
    cause="a scale-in cuts answers in the middle, since its hook was taken out to make a destroy faster",
    remedy="keep both LifecycleHook resources of components/aws/fleet.py",
    check=check,
)
