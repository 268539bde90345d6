"""With a key, everything of the stack that keeps data is encrypted with it, and whoever must use it may."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from components.aws.host_policy import host_policy
from components.aws.key_policy import KeyScope, key_policy
from rehearsal.graph.model import Graph
from tests.components.aws.test_host_policy import SCOPE
from tests.program.cases import KMS_KEY, load_case

KEY = "aws:kms/key:Key"
UNDER_THE_KEY = {
    "aws:ebs/volume:Volume": ("kmsKeyId",),
    "aws:cloudwatch/logGroup:LogGroup": ("kmsKeyId",),
    "aws:secretsmanager/secret:Secret": ("kmsKeyId",),
    "aws:sns/topic:Topic": ("kmsMasterKeyId",),
    "aws:ec2/launchTemplate:LaunchTemplate": ("blockDeviceMappings", 0, "ebs", "kmsKeyId"),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        *("rules", 0, "applyServerSideEncryptionByDefault", "kmsMasterKeyId"),
    ),
}
US = KeyScope(region="us-east-1", account="123456789012", partition="aws")


def keys_of(graph: Graph, type_: str) -> set[Any]:
    found = set()
    for resource in graph.of_type(type_):
        value: Any = resource.inputs
        for step in UNDER_THE_KEY[type_]:
            value = value.get(step) if isinstance(value, dict) else value[step]
        found.add(value)
    return found


@pytest.mark.parametrize("type_", UNDER_THE_KEY)
def test_what_keeps_data_is_encrypted_with_the_key_and_without_one_with_those_of_aws(type_: str) -> None:
    assert keys_of(load_case("given-key").graph, type_) == {KMS_KEY}
    watched = load_case("watched")
    own = watched.only(KEY)
    (used,) = keys_of(watched.graph, type_)
    assert used.startswith("arn:aws:kms:us-east-1:123456789012:key/")
    assert all(own.urn in resource.dependencies for resource in watched.graph.of_type(type_))
    assert keys_of(load_case("dev").graph, type_) == {None}


def test_a_given_key_is_used_and_none_is_made() -> None:
    graph = load_case("given-key").graph
    assert not graph.of_type(KEY)
    added = {item.urn for item in graph} ^ {item.urn for item in load_case("dev").graph}
    assert added == set()


def test_an_own_key_turns_can_be_had_back_and_outlives_a_stack_whose_cache_does() -> None:
    inputs = load_case("watched").only(KEY).inputs
    assert (inputs["enableKeyRotation"], inputs["deletionWindowInDays"]) == (True, 30)
    assert load_case("own-key-kept").only(KEY).protect
    assert not load_case("watched").only(KEY).protect


def statement(sid: str, scope: KeyScope = US) -> dict[str, Any]:
    (found,) = [item for item in key_policy(scope)["Statement"] if item["Sid"] == sid]
    return dict(found)


def test_auto_scaling_launches_encrypted_hosts_also_in_an_account_that_never_had_a_group() -> None:
    """Its role as a principal would have to be there when the key is made."""
    role = "arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    for sid in ("DisksOfNewHosts", "GrantsForNewHosts"):
        assert statement(sid)["Principal"] == {"AWS": "*"}
        assert statement(sid)["Condition"]["ArnEquals"] == {"aws:PrincipalArn": role}
        assert statement(sid)["Condition"]["StringEquals"] == {"kms:CallerAccount": "123456789012"}
    assert statement("GrantsForNewHosts")["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}


def test_nobody_else_is_let_in_without_being_named() -> None:
    anyone = [item["Sid"] for item in key_policy(US)["Statement"] if item["Principal"].get("AWS") == "*"]
    assert anyone == ["DisksOfNewHosts", "GrantsForNewHosts"]


def test_logs_of_this_program_in_this_account_alone() -> None:
    assert statement("Logs")["Condition"] == {
        "ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:us-east-1:123456789012:log-group:vllm-*"}
    }
    group = load_case("watched").only("aws:cloudwatch/logGroup:LogGroup")
    assert group.name.startswith("vllm-")
    assert "name" not in group.inputs


def test_prometheus_is_let_in_where_it_publishes() -> None:
    assert [item["Sid"] for item in key_policy(replace(US, prometheus=True))["Statement"]][-1] == "Alerts"
    assert "Alerts" not in [item["Sid"] for item in key_policy(US)["Statement"]]
    for name, sends in (("watched", True), ("own-key-kept", False)):
        policy = json.loads(load_case(name).only(KEY).inputs["policy"])
        assert ("Alerts" in [item["Sid"] for item in policy["Statement"]]) == sends


def test_partitions_have_their_own_names() -> None:
    china = KeyScope(region="cn-north-1", account="123456789012", partition="aws-cn")
    assert statement("Logs", china)["Principal"] == {"Service": "logs.cn-north-1.amazonaws.com.cn"}
    assert statement("IamPolicies", china)["Principal"] == {"AWS": "arn:aws-cn:iam::123456789012:root"}


def test_a_host_uses_the_key_only_by_way_of_the_services_that_hold_what_is_encrypted() -> None:
    scope = replace(SCOPE, kms_key_arn=KMS_KEY)
    with_key = [item for item in host_policy(scope)["Statement"] if item["Resource"] == KMS_KEY]
    services = {item["Sid"]: item["Condition"]["StringEquals"]["kms:ViaService"] for item in with_key}
    ec2 = "ec2.eu-central-1.amazonaws.com"
    assert services == {
        "ReadEncrypted": [ec2, "s3.eu-central-1.amazonaws.com", "secretsmanager.eu-central-1.amazonaws.com"],
        "AttachEncrypted": ec2,
        "MakeEncryptedScratch": ec2,
    }
    (grants,) = [item for item in with_key if item["Action"] == ["kms:CreateGrant"]]
    assert grants["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}
