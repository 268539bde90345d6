"""The graph as Terraform has it: types, blocks, references."""

from __future__ import annotations

from typing import Any

import pytest

from tools.terraform_json import terraform, terraform_type, urns


def resource(type_: str, name: str = "x", /, **more: Any) -> dict[str, Any]:
    return {"urn": f"urn:{type_}::{name}", "type": type_, "name": name, "custom": True, "inputs": {}, **more}


def body(*resources: dict[str, Any]) -> dict[str, Any]:
    """Of the last one."""
    types = terraform(resources)["resource"]
    kind = terraform_type(resources[-1]["type"])
    found: dict[str, Any] = list(types[kind].values())[-1]
    return {key: value for key, value in found.items() if key != "lifecycle"}


@pytest.mark.parametrize(
    ("token", "type_"),
    [
        ("aws:ec2/launchTemplate:LaunchTemplate", "aws_launch_template"),
        ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "aws_vpc_security_group_ingress_rule"),
        ("aws:lb/loadBalancer:LoadBalancer", "aws_lb"),
        ("aws:lb/listenerRule:ListenerRule", "aws_lb_listener_rule"),
        ("aws:s3/bucketObjectv2:BucketObjectv2", "aws_s3_object"),
        ("aws:wafv2/webAclAssociation:WebAclAssociation", "aws_wafv2_web_acl_association"),
        ("aws:ec2/vpc:Vpc", "aws_vpc"),
    ],
)
def test_types_have_the_names_of_terraform(token: str, type_: str) -> None:
    assert terraform_type(token) == type_


def test_components_and_other_providers_are_left_out() -> None:
    component = resource("vllm:components:Fleet", custom=False)
    assert terraform([component, resource("docker:index/image:Image")]) == {"resource": {}}


def test_properties_are_renamed_and_lists_of_blocks_are_in_the_singular() -> None:
    inputs = {
        "cidrIpv4": "10.0.0.0/8",
        "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}],
        "networkInterfaces": [{"associatePublicIpAddress": "false"}],
        "vpcZoneIdentifiers": ["subnet-1"],
        "tags": {"costCenter": "4711"},
    }
    assert body(resource("aws:ec2/vpc:Vpc", inputs=inputs)) == {
        "cidr_ipv4": "10.0.0.0/8",
        "rule": [{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
        "network_interfaces": [{"associate_public_ip_address": "false"}],
        "vpc_zone_identifier": ["subnet-1"],
        "tags": {"costCenter": "4711"},
    }


def test_what_comes_from_another_resource_is_a_reference() -> None:
    bucket = resource("aws:s3/bucket:Bucket", "own")
    made = resource(
        "aws:ec2/vpc:Vpc",
        inputs={
            "bucket": "own-1234567",
            "bucketArn": "arn:aws:s3:::own",
            "policy": '{"Resource": "arn:aws:s3:::own"}',
            "groups": ["sg-0123456789"],
            "blocks": [{"ids": ["sg-0123456789"], "kind": "plain", "port": 1}],
        },
        propertyDependencies={key: [bucket["urn"]] for key in ("bucket", "bucketArn", "policy", "groups", "blocks")},
    )
    assert body(bucket, made) == {
        "bucket": "${aws_s3_bucket.aws_s3_bucket__own.id}",
        "bucket_arn": "${aws_s3_bucket.aws_s3_bucket__own.arn}",
        "policy": '{"Resource": "arn:aws:s3:::own"}',
        "groups": ["${aws_s3_bucket.aws_s3_bucket__own.id}"],
        "block": [{"ids": ["${aws_s3_bucket.aws_s3_bucket__own.id}"], "kind": "plain", "port": 1}],
    }


def test_names_lead_back_to_urns_also_where_two_resources_share_one() -> None:
    first, second = resource("aws:ec2/vpc:Vpc", "a-b"), resource("aws:ec2/vpc:Vpc", "a_b")
    assert urns([first, second]) == {"aws_vpc__a_b": first["urn"], "aws_vpc__a_b_": second["urn"]}


def test_protection_and_order_of_a_replacement_are_said() -> None:
    made = resource("aws:ec2/vpc:Vpc", protect=True, deleteBeforeReplace=True)
    (found,) = terraform([made])["resource"]["aws_vpc"].values()
    assert found["lifecycle"] == {"create_before_destroy": False, "prevent_destroy": True}
