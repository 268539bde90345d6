"""What must not move: URNs, held properties, and the whole graph from one run to the next."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config.rules import STACK_NAME_MAX_LENGTH
from rehearsal.graph.model import Resource
from tests.program.cases import ROOT, STACKS, Case, load_case, variant_case

URNS = Path(__file__).parent / "urns"
UPDATE = "python -m ops graph --stack {0} --json | python -c {1} > tests/program/urns/{0}.txt"
PRINT_URNS = "'import json,sys; [print(r[\"urn\"]) for r in json.load(sys.stdin)]'"
SAME_URNS = (
    "own-network-range",
    "pinned",
    "other-flag",
    "protected-cache",
    "other-region",
    "tags",
    "deletion-protection",
)
"""Variants that change values only, not how many resources there are."""


def held(case: Case) -> dict[str, set[str]]:
    """What ``ignore_changes`` must hold, by type; a set value always acts."""
    config = case.config
    size = set() if config.cache.size_gib else {"size"}
    return {
        "aws:ec2/launchTemplate:LaunchTemplate": set() if config.compute.ami_id else {"imageId"},
        "aws:ec2/subnet:Subnet": set() if config.network.zones else {"availabilityZone"},
        "aws:ebs/volume:Volume": {"snapshotId", "kmsKeyId", "availabilityZone", "volumeInitializationRate"} | size,
        "aws:autoscaling/group:Group": {"initialLifecycleHooks"},
    }


def test_exactly_the_decided_properties_are_held(case: Case) -> None:
    expected = held(case)
    wrong = {
        resource.urn: resource.ignore_changes
        for resource in case.graph
        if set(resource.ignore_changes) != expected.get(resource.type, set())
    }
    assert wrong == {}


@pytest.mark.parametrize("stack", STACKS)
def test_urns_are_the_committed_ones(stack: str) -> None:
    committed = set((URNS / f"{stack}.txt").read_text(encoding="utf-8").split("\n")) - {""}
    resources = load_case(stack).graph.resources
    current = {resource.urn for resource in resources}
    aliased = {urn for resource in resources for urn in alias_urns(resource)}
    hint = UPDATE.format(stack, PRINT_URNS)
    assert committed - current - aliased == set(), f"each of these would be replaced; give it an alias, then {hint}"
    assert current - committed == set(), f"new resources: {hint}"


def alias_urns(resource: Resource) -> set[str]:
    """The URNs that a resource had under its aliases; what an alias leaves out is as it is now."""
    return {
        alias
        if alias.startswith("urn:")
        else aliased_urn(resource, dict(part.split("=", 1) for part in alias.split(",")))
        for alias in resource.aliases
    }


def aliased_urn(resource: Resource, former: dict[str, str]) -> str:
    head, types, name = resource.urn.rsplit("::", 2)
    if "parent" in former:
        ancestors = former["parent"].rsplit("::", 2)[1]
        types = f"{ancestors}${resource.type}"
    if "type" in former:
        types = types.removesuffix(resource.type) + former["type"]
    return "::".join((head, types, former.get("name", name)))


def test_an_alias_covers_its_former_urn() -> None:
    bucket = next(item for item in load_case(STACKS[0]).graph if item.type == "aws:s3/bucket:Bucket")
    assert aliased_urn(bucket, {"name": "old"}) == bucket.urn.rsplit("::", 1)[0] + "::old"


@pytest.mark.parametrize("name", SAME_URNS)
def test_urns_do_not_depend_on_values(name: str) -> None:
    urns = {resource.urn for resource in load_case(name).graph}
    assert urns == {resource.urn for resource in load_case("dev").graph}


def test_names_hold_nothing_that_changes(case: Case) -> None:
    config = case.config
    volatile = {config.stack, config.region, config.model.id, case.plan.instance_type, "us-east", "123456789012"}
    names = [resource.name for resource in case.graph if resource is not case.graph.stack]
    assert all(name.startswith("vllm") for name in names)
    assert [name for name in names if any(part in name for part in volatile)] == []


def test_names_that_aws_limits_leave_room_for_what_pulumi_adds(case: Case) -> None:
    """Load balancers and target groups have 32 characters, of which Pulumi's suffix takes 8; no stack name fits."""
    for type_ in ("aws:lb/loadBalancer:LoadBalancer", "aws:lb/targetGroup:TargetGroup"):
        resource = case.only(type_)
        assert not {"name", "namePrefix"} & set(resource.inputs)
        assert len(resource.name) + 8 <= 32
    assert len(case.only("aws:cloudwatch/dashboard:Dashboard").inputs["dashboardName"]) <= 255
    assert len(load_case("long-name").config.stack) == STACK_NAME_MAX_LENGTH


def test_the_stack_is_in_no_urn_but_as_the_stack() -> None:
    other = variant_case(name="other-stack", changes={}, stack="quality")
    moved = {resource.urn.replace("quality", "dev") for resource in other.graph}
    assert moved == {resource.urn for resource in load_case("dev").graph}


def test_two_runs_give_the_same_graph() -> None:
    again = variant_case(name="again", changes={})
    assert again.graph == load_case("dev").graph


@pytest.mark.e2e  # four seconds of processes
def test_the_hash_seed_does_not_show() -> None:
    """Sets and the scheduler differ between processes; a graph that follows them would roll the fleet."""
    graphs = [graph_in_new_process(seed, stack="prod") for seed in "012"]
    assert len(set(graphs)) == 1
    assert graphs[0]


def graph_in_new_process(seed: str, *, stack: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "ops", "graph", "--stack", stack, "--json"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_a_changed_flag_touches_the_launch_template_alone() -> None:
    before, after = load_case("dev"), load_case("other-flag")
    assert before.plan.vllm_args != after.plan.vllm_args
    assert changed_inputs(before, after) == {"aws:ec2/launchTemplate:LaunchTemplate": {"userData"}}
    group = after.only("aws:autoscaling/group:Group")
    template = after.only("aws:ec2/launchTemplate:LaunchTemplate")
    assert template.urn in group.property_dependencies["launchTemplate"]


def changed_inputs(before: Case, after: Case) -> dict[str, set[str]]:
    """The properties that differ, by type."""
    found: dict[str, set[str]] = {}
    for old, new in zip(before.graph, after.graph, strict=True):
        assert old.urn == new.urn
        keys = {key for key in {*old.inputs, *new.inputs} if differs(old.inputs, new.inputs, key)}
        if keys:
            found.setdefault(new.type, set()).update(keys)
    return found


def differs(old: Any, new: Any, key: str) -> bool:
    return json.dumps(old.get(key)) != json.dumps(new.get(key))
