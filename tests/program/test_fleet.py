"""Launch template, group, hooks, cache slots and the order in which they come to be."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from shutil import which

import pytest

from tests.e2e.support import need
from tests.program.cases import STACKS, Case, load_case

GROUP = "aws:autoscaling/group:Group"
HOOK = "aws:autoscaling/lifecycleHook:LifecycleHook"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
SUBNET = "aws:ec2/subnet:Subnet"
VOLUME = "aws:ebs/volume:Volume"
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"


OF_A_WAY_OUT = ("aws:ec2/route:Route", "aws:ec2/natGateway:NatGateway")
OF_A_MADE_NETWORK = (
    *OF_A_WAY_OUT,
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
)


def upstream(case: Case, urn: str) -> set[str]:
    """Everything that exists before this resource is created; it also waits for all that its parent waits for."""
    known = {
        resource.urn: (*resource.dependencies, *([resource.parent] if resource.parent else []))
        for resource in case.graph
    }
    seen: set[str] = set()
    waiting = [urn]
    while waiting:
        for dependency in known[waiting.pop()]:
            if dependency not in seen:
                seen.add(dependency)
                waiting.append(dependency)
    return seen


@pytest.mark.parametrize(
    "type_",
    [
        *OF_A_MADE_NETWORK,
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/instanceProfile:InstanceProfile",
        "aws:lb/listener:Listener",
        "aws:cloudwatch/logGroup:LogGroup",
        OBJECT,
        VOLUME,
        TEMPLATE,
    ],
)
def test_the_first_host_finds_everything_it_needs(case: Case, type_: str) -> None:
    """The group launches at once: what a boot uses must be there before, or the first boot fails."""
    group = case.only(GROUP)
    missing = {item.urn for item in case.graph.of_type(type_)} - upstream(case, group.urn)
    is_elsewhere = case.is_given_a_network and type_ in OF_A_MADE_NETWORK
    is_not_to_be = case.config.network.egress == "endpoints" and type_ in OF_A_WAY_OUT
    assert case.graph.of_type(type_) or is_elsewhere or is_not_to_be
    assert missing == set()


def test_the_group_follows_an_explicit_launch_template_version(case: Case) -> None:
    group = case.only(GROUP)
    mixed = group.inputs.get("mixedInstancesPolicy")
    used = mixed["launchTemplate"]["launchTemplateSpecification"] if mixed else group.inputs["launchTemplate"]
    assert used["version"] == "1"
    depends = group.property_dependencies["mixedInstancesPolicy" if mixed else "launchTemplate"]
    assert case.only(TEMPLATE).urn in depends


def test_the_group_sizes_itself_and_waits_for_nobody(case: Case) -> None:
    inputs = case.only(GROUP).inputs
    assert "desiredCapacity" not in inputs
    assert (inputs["minSize"], inputs["maxSize"]) == (case.plan.replicas.min, case.plan.replicas.max)
    assert inputs["waitForCapacityTimeout"] == "0"
    assert inputs["forceDelete"] is True
    assert inputs["healthCheckType"] == "EC2"
    assert inputs["capacityRebalance"] is True


def test_hooks_are_there_from_the_first_instance_and_editable_later(case: Case) -> None:
    initial = {
        hook["name"]: {key: value for key, value in hook.items() if key != "name"}
        for hook in case.only(GROUP).inputs["initialLifecycleHooks"]
    }
    later = {
        hook.inputs["name"]: {
            key: value for key, value in hook.inputs.items() if key not in ("name", "autoscalingGroupName")
        }
        for hook in case.graph.of_type(HOOK)
    }
    assert initial == later
    assert set(initial) == {"vllm-launching", "vllm-terminating"}
    assert initial["vllm-launching"]["lifecycleTransition"] == "autoscaling:EC2_INSTANCE_LAUNCHING"
    assert initial["vllm-launching"]["defaultResult"] == "ABANDON"
    assert initial["vllm-terminating"]["lifecycleTransition"] == "autoscaling:EC2_INSTANCE_TERMINATING"


def test_hosts_know_the_hooks_by_name(case: Case) -> None:
    names = {case.host_environment["LAUNCHING_HOOK"], case.host_environment["TERMINATING_HOOK"]}
    assert names == {hook.inputs["name"] for hook in case.graph.of_type(HOOK)}


def test_the_fleet_lives_in_private_subnets_that_have_slots(case: Case) -> None:
    zones = zones_of_hosts(case)
    assert len(zones) == len(set(zones)) == case.plan.cache.zones
    slots = [volume.inputs["availabilityZone"] for volume in case.graph.of_type(VOLUME)]
    assert {zone: slots.count(zone) for zone in slots} == dict.fromkeys(zones, case.plan.cache.slots_per_zone)


def zones_of_hosts(case: Case) -> list[str]:
    """The zones of the group's subnets, which are private ones."""
    network = case.network.outputs
    by_subnet = dict(zip(network["private_subnet_ids"], network["zones"], strict=True))
    return [by_subnet[subnet] for subnet in case.only(GROUP).inputs["vpcZoneIdentifiers"]]


def test_prod_survives_the_loss_of_a_zone() -> None:
    """Hosts, their slots, their way out and the load balancer are in two zones, and a host is always in each."""
    case = load_case("prod")
    zones = zones_of_hosts(case)
    assert len(zones) == 2
    assert {volume.inputs["availabilityZone"] for volume in case.graph.of_type(VOLUME)} == set(zones)
    assert len(case.only("aws:lb/loadBalancer:LoadBalancer").inputs["subnets"]) == 2
    assert len(case.graph.of_type("aws:ec2/natGateway:NatGateway")) == 2
    assert case.only(GROUP).inputs["minSize"] >= 2


def test_the_load_balancer_reaches_every_zone_of_hosts(case: Case) -> None:
    """It sends nothing to targets in a zone that it has no subnet in."""
    subnets = case.only("aws:lb/loadBalancer:LoadBalancer").inputs["subnets"]
    tier = "private_subnet_ids" if subnets == case.network.outputs["private_subnet_ids"] else "public_subnet_ids"
    reached = dict(zip(case.network.outputs[tier], case.network.outputs["zones"], strict=True))
    assert {reached[subnet] for subnet in subnets} >= set(zones_of_hosts(case))


def test_there_is_a_slot_for_every_replica_and_one_more_per_zone(case: Case) -> None:
    pool = case.plan.cache
    assert pool.slots_per_zone == -(-case.plan.replicas.most // pool.zones) + 1


def test_hosts_claim_slots_of_their_own_pool(case: Case) -> None:
    pools = {volume.inputs["tags"]["vllm:cache-pool"] for volume in case.graph.of_type(VOLUME)}
    names = [volume.inputs["tags"]["vllm:cache-slot"] for volume in case.graph.of_type(VOLUME)]
    assert pools == {case.host_environment["CACHE_POOL"]}
    assert len(set(names)) == len(names)


def test_the_pinned_image_and_zones_are_used() -> None:
    case = load_case("pinned")
    assert case.only(TEMPLATE).inputs["imageId"] == "ami-0aaaaaaaaaaaaaaaa"
    assert {subnet.inputs["availabilityZone"] for subnet in case.graph.of_type(SUBNET)} == {"us-east-1c", "us-east-1d"}
    assert {volume.inputs["snapshotId"] for volume in case.graph.of_type(VOLUME)} == {"snap-0aaaaaaaaaaaaaaaa"}
    assert {volume.inputs["size"] for volume in case.graph.of_type(VOLUME)} == {300}
    assert {volume.inputs["volumeInitializationRate"] for volume in case.graph.of_type(VOLUME)} == {300}
    looked_up = [invoke.token for invoke in case.graph.invokes]
    assert not [token for token in looked_up if "Parameter" in token or "Zones" in token]


def test_slots_without_a_snapshot_have_nothing_to_initialise(case: Case) -> None:
    """AWS refuses a rate without a snapshot."""
    seeded = case.config.cache.snapshot_id is not None
    assert {"volumeInitializationRate" in volume.inputs for volume in case.graph.of_type(VOLUME)} == {seeded}


def test_scripts_are_named_by_their_content(case: Case) -> None:
    scripts = case.only(OBJECT)
    digest = hashlib.sha256(scripts.inputs["content"].encode()).hexdigest()
    assert scripts.inputs["key"] == f"scripts/{digest}" == case.host_environment["SCRIPTS_KEY"]
    assert case.host_environment["SCRIPTS_BUCKET"] == scripts.inputs["bucket"]


def test_user_data_is_small_readable_and_carries_the_plan(case: Case) -> None:
    assert case.user_data.startswith("#cloud-config\n")
    assert len(case.user_data.encode()) <= 16384
    assert tuple(case.host_files["/etc/vllm/args"].splitlines()) == case.plan.vllm_args


@pytest.mark.parametrize("stack", STACKS)
def test_cloud_init_accepts_the_user_data(stack: str, tmp_path: Path) -> None:
    need(which("cloud-init") is not None, "cloud-init is not installed (apt-get install cloud-init)")
    file = tmp_path / "user-data"
    file.write_text(load_case(stack).user_data, encoding="utf-8")
    checked = subprocess.run(
        ["cloud-init", "schema", "--config-file", str(file)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "Valid" in checked.stdout
