"""What the consequences are told from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from review.match import Resource, pairs
from review.model import Op, PropertyChange, ResourceChange, Revision
from review.plans import flags_of
from review.values import decoded

STACK = "pulumi:pulumi:Stack"
GROUP = "aws:autoscaling/group:Group"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
VOLUME = "aws:ebs/volume:Volume"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
TARGETS = "aws:lb/targetGroup:TargetGroup"
LISTENER = "aws:lb/listener:Listener"
RULE = "aws:lb/listenerRule:ListenerRule"
SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type
ALARMS = ("aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/compositeAlarm:CompositeAlarm")
CONTAINER = "docker:index/container:Container"


_IMAGE = re.compile(r"^\s*IMAGE=\"?(?P<image>[^\"\s]+)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Of a stack that both revisions have."""

    before: Revision
    after: Revision
    changes: Sequence[ResourceChange]

    @cached_property
    def now(self) -> Mapping[str, Resource]:
        """What is registered after the change, by URN."""
        return {resource["urn"]: resource for resource in self.after.graph}

    @cached_property
    def then(self) -> Mapping[str, Resource]:
        """What is registered before it, by URN."""
        return {resource["urn"]: resource for resource in self.before.graph}

    def of(self, *types: str, ops: Sequence[Op] = tuple(Op)) -> list[ResourceChange]:
        """Changes of these types; ``ops``: only by these."""
        return [change for change in self.changes if change.type in types and change.op in ops]

    def anew(self, *types: str) -> list[ResourceChange]:
        """Those that are replaced or deleted: what they are now goes."""
        return self.of(*types, ops=(Op.REPLACE, Op.DELETE))

    def properties(self, *types: str, names: Sequence[str]) -> Iterator[tuple[ResourceChange, PropertyChange]]:
        """Changes of these properties in place."""
        for change in self.of(*types, ops=(Op.UPDATE, Op.MAY_REPLACE)):
            yield from ((change, each) for each in change.properties if each.name in names)

    @property
    def other_model(self) -> bool:
        """Other weights than those in the cache slots."""
        ids = [(plan.get("model"), _revision(plan)) for plan in (self.before.plan, self.after.plan) if plan]
        return len(set(ids)) > 1

    @property
    def other_image(self) -> bool:
        """Another image than that in the cache slots."""
        return _image(self.before) != _image(self.after)

    @property
    def outputs(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Of the stack, before and after."""
        return _outputs(self.before), _outputs(self.after)

    @cached_property
    def _pairs(self) -> Mapping[str, Resource]:
        return pairs(self.before.graph, self.after.graph)

    def former(self, change: ResourceChange) -> Resource | None:
        """What it is before the change; None of what is created."""
        return self.then[change.urn] if change.op is Op.DELETE else self._pairs.get(change.urn)

    def kept(self, change: ResourceChange) -> bool:
        """Whether what it is now stays in the account, though the stack forgets it."""
        held = self.former(change)
        return bool(held and held.get("retainOnDelete"))


def _image(revision: Revision) -> str:
    """Of vLLM, as the hosts of the first template get it; empty where nothing says it."""
    texts = (decoded(str(item["inputs"].get("userData", ""))) for item in revision.graph if item["type"] == TEMPLATE)
    return next((found["image"] for text in texts if (found := _IMAGE.search(text))), "")


def _outputs(revision: Revision) -> Mapping[str, Any]:
    return next((resource.get("outputs") or {} for resource in revision.graph if resource["type"] == STACK), {})


def named(changes: Sequence[ResourceChange], *, most: int = 4) -> str:
    """``a, b and 3 more``."""
    return named_texts([change.name for change in changes], most=most)


def named_texts(texts: Sequence[str], *, most: int = 4) -> str:
    names = [f"`{text}`" for text in texts]
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _revision(plan: Mapping[str, Any]) -> Any:
    return flags_of(plan.get("vllm_args") or ()).get("--revision")


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def minutes(seconds: float) -> str:
    return count(max(1, round(seconds / 60)), "minute")


def span(least: float, most: float) -> str:
    """``6 to 22 minutes``."""
    low, high = minutes(least), minutes(most)
    return high if low == high else f"{low.partition(' ')[0]} to {high}"
