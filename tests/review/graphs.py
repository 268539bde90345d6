"""Small graphs, as ``ops graph --json`` has them, and what changes between two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from review.compare import review_stack
from review.model import Op, ResourceChange, Revision, StackReview
from review.replacement import ReplacementTable, table_of

GROUP = "aws:autoscaling/group:Group"
SCHEDULE = "aws:autoscaling/schedule:Schedule"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
VOLUME = "aws:ebs/volume:Volume"
VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
FLEET = "vllm:components:Fleet"
STACK = "pulumi:pulumi:Stack"

RULES: Mapping[str, Any] = {
    "provider": "aws 5.100.0",
    "captured": "2026-01-31",
    "types": {
        GROUP: {
            "update": ["launchTemplate", "mixedInstancesPolicy", "maxSize", "minSize", "tags", "instanceRefresh"],
            "replace": ["name"],
        },
        SCHEDULE: {"update": ["minSize", "maxSize", "recurrence", "timeZone"], "replace": ["scheduledActionName"]},
        TEMPLATE: {"update": ["userData", "tags", "imageId"], "replace": ["name"], "computed": ["latestVersion"]},
        VOLUME: {"update": ["size", "tags"], "replace": ["availabilityZone", "snapshotId"]},
        VPC: {"update": ["tags"], "replace": ["cidrBlock"]},
        SUBNET: {"update": ["tags"], "replace": ["vpcId", "cidrBlock"]},
        BALANCER: {
            "update": ["subnets", "tags", "accessLogs"],
            "replace": ["internal", "accessLogs.bucket"],
            "also": {"subnets": ["subnetMappings"]},
        },
    },
}


def table() -> ReplacementTable:
    return table_of(RULES)


def urn(type_: str, name: str, *, stack: str = "dev", inside: str = "") -> str:
    return f"urn:pulumi:{stack}::vllm::{inside + '$' if inside else ''}{type_}::{name}"


def resource(
    type_: str,
    name: str = "vllm",
    inputs: Mapping[str, Any] | None = None,
    *,
    stack: str = "dev",
    parent: Mapping[str, Any] | None = None,
    reads: Mapping[str, Sequence[str]] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """``reads``: property -> the URNs that it depends on."""
    inside = parent["urn"].split("::")[2] if parent else ""
    return {
        "urn": urn(type_, name, stack=stack, inside=inside),
        "type": type_,
        "name": name,
        "parent": parent["urn"] if parent else root(stack=stack)["urn"] if type_ != STACK else None,
        "custom": type_.startswith(("aws:", "docker:")),
        "inputs": dict(inputs or {}),
        "outputs": {},
        "answered": {},
        "dependencies": sorted({other for urns in (reads or {}).values() for other in urns}),
        "propertyDependencies": {key: list(urns) for key, urns in (reads or {}).items()},
        "protect": False,
        "ignoreChanges": [],
        "replaceOnChanges": [],
        "replacementTrigger": None,
        "aliases": [],
        "deleteBeforeReplace": False,
        "retainOnDelete": False,
        "provider": None,
        **more,
    }


def root(*, stack: str = "dev", **outputs: Any) -> dict[str, Any]:
    """The stack's own."""
    return {
        "urn": urn(STACK, f"vllm-{stack}", stack=stack),
        "type": STACK,
        "name": f"vllm-{stack}",
        "parent": None,
        "custom": False,
        "inputs": {},
        "outputs": outputs,
        "dependencies": [],
        "protect": False,
    }


def revision(*graph: Mapping[str, Any], plan: Mapping[str, Any] | None = None) -> Revision:
    return Revision(graph=graph, plan=plan or {}, files={}, violations=())


def reviewed(
    before: Revision | Sequence[Mapping[str, Any]], after: Revision | Sequence[Mapping[str, Any]]
) -> StackReview:
    old = before if isinstance(before, Revision) else revision(*before)
    new = after if isinstance(after, Revision) else revision(*after)
    return review_stack(old, new, table=table())


def changes(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> dict[str, ResourceChange]:
    """By name."""
    return {change.name: change for change in reviewed(before, after).changes}


def ops(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> dict[str, Op]:
    return {name: change.op for name, change in changes(before, after).items()}


def paths(change: ResourceChange) -> tuple[str, ...]:
    return tuple(each.path for each in change.properties)
