"""Nobody logs in to a host, a host is nobody but itself, and is told no credential. Addresses and ports are
in ``test_exposure``, disks and the metadata service in ``test_protection``."""

from __future__ import annotations

import json
from typing import Any

import yaml

from rehearsal.graph.model import Resource
from tests.program.cases import PUBLIC, Case, variant_case

TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
LOGIN_PORTS = (22, 3389)
WAYS_IN = ("aws:ec2/keyPair:KeyPair", "aws:ec2transitgateway/instanceConnectEndpoint:InstanceConnectEndpoint")
OTHER_HOSTS = ("aws:ec2/instance:Instance", "aws:ec2/spotInstanceRequest:SpotInstanceRequest", "aws:ec2/fleet:Fleet")
LOGIN_BY_CLOUD_INIT = ("ssh_authorized_keys", "ssh_import_id", "users", "chpasswd", "password", "ssh_pwauth")
CREDENTIALS = ("AWS_ACCESS_KEY", "AWS_SECRET", "AWS_SESSION", "AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS", "HF_TOKEN=")
DIGEST = "sha256:" + "ab" * 32


def template(case: Case) -> dict[str, Any]:
    return dict(case.only(TEMPLATE).inputs)


def lets_in(rule: Resource, port: int) -> bool:
    if rule.inputs["ipProtocol"] == "-1":
        return True
    return bool(rule.inputs["fromPort"] <= port <= rule.inputs["toPort"])


def test_no_port_to_log_in_by_is_open_to_anybody(case: Case) -> None:
    rules = case.graph.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert not [rule.name for rule in rules for port in LOGIN_PORTS if lets_in(rule, port)]


def test_no_host_has_a_key_or_a_password_to_log_in_with(case: Case) -> None:
    assert "keyName" not in template(case)
    assert not [way for way in WAYS_IN if case.graph.of_type(way)]
    assert not set(yaml.safe_load(case.user_data)) & set(LOGIN_BY_CLOUD_INIT)


def test_every_host_comes_from_the_group_and_its_template(case: Case) -> None:
    """What is said here of the template is so of every host."""
    assert not [type_ for type_ in OTHER_HOSTS if case.graph.of_type(type_)]
    group = case.only("aws:autoscaling/group:Group").inputs
    used = group.get("launchTemplate") or group["mixedInstancesPolicy"]["launchTemplate"]["launchTemplateSpecification"]
    assert used["version"] not in ("$Latest", "$Default")


def test_public_addresses_are_of_nat_gateways_alone(case: Case) -> None:
    gateways = case.graph.of_type("aws:ec2/natGateway:NatGateway")
    addresses = case.graph.of_type("aws:ec2/eip:Eip")
    assert len(addresses) == len(gateways)
    assert not [address.name for address in addresses if {"instance", "networkInterface"} & set(address.inputs)]


def test_nothing_that_a_host_is_told_is_a_credential(case: Case) -> None:
    assert not [word for word in CREDENTIALS for text in case.host_files.values() if word in text]
    assert case.host_environment["API_KEYS_SECRET_ARN"].startswith("arn:")


def test_a_host_has_the_stacks_role_and_no_other(case: Case) -> None:
    (profile,) = case.graph.of_type("aws:iam/instanceProfile:InstanceProfile")
    assert profile.urn in case.only(TEMPLATE).dependencies
    assert "iam:PassRole" not in json.dumps(
        [item.inputs for item in case.graph.of_type("aws:iam/rolePolicy:RolePolicy")]
    )


def test_a_pinned_image_runs_by_its_digest() -> None:
    changes = {"vllm:image": {"digest": DIGEST}, "vllm:endpoint": PUBLIC}
    case = variant_case(name="digest", changes=changes)
    assert case.host_environment["IMAGE"] == f"vllm/vllm-openai@{DIGEST}"
