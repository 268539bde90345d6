"""What the hosts' role may do."""

from __future__ import annotations

import json
from typing import Any

from tests.program.cases import Case

UNSCOPED = {
    "autoscaling:DescribeAutoScalingInstances",
    "autoscaling:DescribeInstanceRefreshes",
    "autoscaling:DescribeScalingActivities",
    "cloudwatch:PutMetricData",
    "ec2:DescribeLaunchTemplateVersions",
    "ec2:DescribeSnapshots",
    "ec2:DescribeTags",
    "ec2:DescribeVolumes",
    "ecr:GetAuthorizationToken",
    "elasticloadbalancing:DescribeTargetHealth",
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
}
"""Actions that AWS cannot scope to a resource; a new one here is a decision."""


def as_list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def statements(case: Case) -> list[dict[str, Any]]:
    policies = case.graph.of_type("aws:iam/rolePolicy:RolePolicy")
    return [statement for policy in policies for statement in json.loads(policy.inputs["policy"])["Statement"]]


def test_star_is_the_resource_of_listed_actions_only(case: Case) -> None:
    broad = [item for item in statements(case) if any(resource == "*" for resource in as_list(item["Resource"]))]
    assert {action for item in broad for action in as_list(item["Action"])} <= UNSCOPED


def test_no_action_is_a_pattern_and_nothing_is_negated(case: Case) -> None:
    assert statements(case)
    for item in statements(case):
        assert set(item) <= {"Sid", "Effect", "Action", "Resource", "Condition"}
        assert not [action for action in as_list(item["Action"]) if "*" in action]


def test_no_managed_policy_is_attached(case: Case) -> None:
    """AmazonSSMManagedInstanceCore reads every parameter of the account."""
    assert not [resource.type for resource in case.graph if "olicyAttachment" in resource.type]
    assert not [role.name for role in case.graph.of_type("aws:iam/role:Role") if role.inputs.get("managedPolicyArns")]


def test_only_ec2_takes_the_role(case: Case) -> None:
    role = case.only("aws:iam/role:Role")
    (trust,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "ec2.amazonaws.com"}
    assert trust["Action"] == "sts:AssumeRole"


def test_hosts_read_their_own_secrets_and_no_other(case: Case) -> None:
    reading = [item for item in statements(case) if "secretsmanager:GetSecretValue" in as_list(item["Action"])]
    allowed = {resource for item in reading for resource in as_list(item["Resource"])}
    assert allowed == {case.host_environment["API_KEYS_SECRET_ARN"], case.host_environment["HF_TOKEN_SECRET_ARN"]}


def test_hosts_attach_slots_of_their_own_pool_only(case: Case) -> None:
    on_volumes = [
        item
        for item in statements(case)
        if "ec2:AttachVolume" in as_list(item["Action"]) and any(":volume/" in arn for arn in as_list(item["Resource"]))
    ]
    tags = [item["Condition"]["StringEquals"] for item in on_volumes]
    assert tags == [
        {"aws:ResourceTag/vllm:cache-pool": case.host_environment["CACHE_POOL"]},
        {"aws:ResourceTag/vllm:scratch": case.host_environment["STACK"]},
    ]


def test_hosts_set_the_alarm_and_leave_the_target_group_that_they_are_told(case: Case) -> None:
    allowed = {action: as_list(item["Resource"]) for item in statements(case) for action in as_list(item["Action"])}
    (alarm,) = allowed["cloudwatch:SetAlarmState"]
    assert alarm.rpartition(":alarm:")[2] == case.host_environment["BOOT_LOOP_ALARM"]
    groups = allowed["elasticloadbalancing:DeregisterTargets"]
    assert groups == [case.host_environment["TARGET_GROUP_ARN"]]


def test_hosts_write_tags_with_the_keys_of_the_user_only(case: Case) -> None:
    """What hosts may do rests on the other tags; a scratch volume gets its own when it is made, and no slot's."""
    writing = [item for item in statements(case) if "ec2:CreateTags" in as_list(item["Action"])]
    made = [item for item in writing if item["Condition"]["StringEquals"].get("ec2:CreateAction") == "CreateVolume"]
    (keys_of_made,) = [item["Condition"]["ForAllValues:StringEquals"]["aws:TagKeys"] for item in made]
    assert "vllm:cache-pool" not in keys_of_made
    writing = [item for item in writing if item not in made]
    keys = [item["Condition"]["ForAllValues:StringEquals"]["aws:TagKeys"] for item in writing]
    assert keys == ([sorted(case.config.tags)] if case.config.tags else [])
    kinds = {arn.rpartition(":")[2] for item in writing for arn in as_list(item["Resource"])}
    assert kinds <= {"network-interface/*", "volume/*"}


def test_actions_on_unnamed_things_need_a_tag_of_the_stack(case: Case) -> None:
    """Instances, volumes, snapshots and the group are known by tag only; alone the ARN covers the account."""
    for item in statements(case):
        unnamed = [arn for arn in as_list(item["Resource"]) if arn.startswith(("arn:aws:ec2:", "arn:aws:autoscaling:"))]
        if unnamed:
            conditions = item["Condition"]["StringEquals"]
            assert case.config.stack in conditions.values()
            assert all(
                key.startswith(("aws:ResourceTag/", "aws:RequestTag/", "ec2:CreateAction")) for key in conditions
            )
