"""What outlives a change: cache slots, and the scripts of the former release."""

from __future__ import annotations

import json

from components.aws.cache_pool import held_properties
from tests.components.aws.recording import record
from tests.program.cases import load_case

SCRIPTS = """
    from components.aws.naming import Tags
    from components.aws.scripts import Scripts, ScriptsArgs

    Scripts("vllm-scripts", ScriptsArgs(key="scripts/0", content=b"text", tags=Tags(stack="test")))
"""


def test_a_set_size_acts_and_a_derived_one_is_held() -> None:
    assert "size" not in held_properties(size_is_set=True)
    assert held_properties(size_is_set=False) == [*held_properties(size_is_set=True), "size"]


def test_scripts_of_the_former_release_stay_for_a_rollback() -> None:
    (scripts,) = record(SCRIPTS).of_type("aws:s3/bucketObjectv2:BucketObjectv2")
    assert scripts.retain_on_delete
    assert scripts.inputs["content"] == "text"


def test_the_bucket_goes_with_its_objects_and_answers_over_tls_only() -> None:
    graph = record(SCRIPTS)
    (bucket,) = graph.of_type("aws:s3/bucket:Bucket")
    assert bucket.inputs["forceDestroy"]
    (policy,) = graph.of_type("aws:s3/bucketPolicy:BucketPolicy")
    (statement,) = json.loads(policy.inputs["policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_scripts_are_uploaded_only_into_a_bucket_that_is_closed() -> None:
    graph = record(SCRIPTS)
    (scripts,) = graph.of_type("aws:s3/bucketObjectv2:BucketObjectv2")
    guards = [resource.urn for resource in graph if resource.type.startswith("aws:s3/bucket") and resource != scripts]
    assert set(guards) <= set(scripts.dependencies)


def test_slots_carry_the_pool_and_a_number_that_tells_them_apart() -> None:
    slots = load_case("three-replicas").graph.of_type("aws:ebs/volume:Volume")
    numbers = {slot.inputs["tags"]["vllm:cache-slot"] for slot in slots}
    assert len(numbers) == len(slots) > 1
    assert {slot.inputs["tags"]["vllm:cache-pool"] for slot in slots} == {"dev"}


def test_slots_depend_on_nothing_so_that_nothing_is_kept_with_a_protected_one() -> None:
    graph = load_case("protected-cache").graph
    slots = graph.of_type("aws:ebs/volume:Volume")
    assert slots
    for slot in slots:
        assert slot.protect
        assert slot.dependencies == ()


def test_slots_are_where_the_subnets_of_the_fleet_are() -> None:
    graph = load_case("three-replicas").graph
    zones = {slot.inputs["availabilityZone"] for slot in graph.of_type("aws:ebs/volume:Volume")}
    subnets = {subnet.urn: subnet.inputs["availabilityZone"] for subnet in graph.of_type("aws:ec2/subnet:Subnet")}
    (group,) = graph.of_type("aws:autoscaling/group:Group")
    assert zones == {subnets[urn] for urn in group.property_dependencies["vpcZoneIdentifiers"] if urn in subnets}
