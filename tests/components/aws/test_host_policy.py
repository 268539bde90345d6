"""What a host may do, and to what; that it needs all of it is in test_least_privilege."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from components.aws.host_policy import UNSCOPED_ACTIONS, HostScope, host_policy

REPOSITORY = "arn:aws:ecr:eu-central-1:123456789012:repository/vllm-image-0a1b2c3"

SCOPE = HostScope(
    stack="dev",
    region="eu-central-1",
    account="123456789012",
    partition="aws",
    bucket_arn="arn:aws:s3:::scripts",
    secret_arns=("arn:aws:secretsmanager:eu-central-1:123456789012:secret:keys",),
    log_group_arn="arn:aws:logs:eu-central-1:123456789012:log-group:hosts",
    target_group_arn="arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/vllm/0123456789abcdef",
    user_tag_keys=("team", "cost-center"),
    image_repository_arn=REPOSITORY,
)


def statements(scope: HostScope = SCOPE) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = host_policy(scope)["Statement"]
    return found


def granted() -> set[str]:
    return {action for statement in statements() for action in statement["Action"]}


def test_only_listed_actions_are_granted_on_everything_each_with_its_reason() -> None:
    unscoped = {name for statement in statements() if statement["Resource"] == "*" for name in statement["Action"]}
    assert unscoped == set(UNSCOPED_ACTIONS)
    assert all(len(reason.split()) > 5 for reason in UNSCOPED_ACTIONS.values())


def test_no_parameter_can_be_read() -> None:
    assert not [name for name in granted() if name.startswith("ssm:GetParameter")]


def granting(action: str) -> list[tuple[str, dict[str, dict[str, Any]]]]:
    """Kind of resource and conditions of each statement that grants it."""
    found = [statement for statement in statements() if action in statement["Action"]]
    return [(statement["Resource"].rpartition(":")[2], statement["Condition"]) for statement in found]


OWN = {"aws:ResourceTag/Project": "vllm", "aws:ResourceTag/Stack": "dev"}


def test_a_volume_is_attached_only_where_it_and_the_instance_both_belong_to_the_stack() -> None:
    assert granting("ec2:AttachVolume") == [
        ("volume/*", {"StringEquals": {"aws:ResourceTag/vllm:cache-pool": "dev"}}),
        ("volume/*", {"StringEquals": {"aws:ResourceTag/vllm:scratch": "dev"}}),
        ("instance/*", {"StringEquals": OWN}),
    ]


def test_a_scratch_volume_is_encrypted_tagged_as_such_and_made_from_snapshots_of_the_pool() -> None:
    (making, seeding) = granting("ec2:CreateVolume")
    scratch = {"aws:RequestTag/vllm:scratch": "dev"}
    own = {"aws:RequestTag/Project": "vllm", "aws:RequestTag/Stack": "dev"}
    assert making == ("volume/*", {"StringEquals": {**scratch, **own}, "Bool": {"ec2:Encrypted": "true"}})
    assert seeding == ("snapshot/*", {"StringEquals": {"aws:ResourceTag/vllm:cache-pool": "dev"}})
    (tagging,) = [statement for statement in statements() if statement["Sid"] == "TagScratch"]
    assert tagging["Condition"] == {
        "StringEquals": {"ec2:CreateAction": "CreateVolume", **scratch},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["Name", "Project", "Stack", "vllm:scratch"]},
    }
    assert granting("ec2:ModifyInstanceAttribute") == [("instance/*", {"StringEquals": OWN})]


@pytest.mark.parametrize(
    "action",
    [
        "autoscaling:CompleteLifecycleAction",
        "autoscaling:RecordLifecycleActionHeartbeat",
        "autoscaling:SetInstanceHealth",
        "autoscaling:SuspendProcesses",
    ],
)
def test_a_host_acts_on_the_group_of_its_stack_alone(action: str) -> None:
    assert granting(action) == [("autoScalingGroupName/vllm-*", {"StringEquals": OWN})]


def test_a_host_puts_metrics_of_this_program_sets_its_stacks_alarm_and_leaves_and_joins_its_target_group() -> None:
    by_action = {name: statement for statement in statements() for name in statement["Action"]}
    assert by_action["cloudwatch:PutMetricData"]["Condition"] == {"StringEquals": {"cloudwatch:namespace": "vLLM"}}
    alarm = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:vllm-dev-boot-loop"
    assert by_action["cloudwatch:SetAlarmState"]["Resource"] == alarm
    for name in ("DeregisterTargets", "RegisterTargets"):
        assert by_action[f"elasticloadbalancing:{name}"]["Resource"] == SCOPE.target_group_arn


def test_tags_are_written_only_on_things_of_the_stack_and_only_with_keys_of_the_user() -> None:
    (writing,) = [statement for statement in statements() if statement["Sid"] == "CopyUserTags"]
    assert writing["Condition"] == {
        "StringEquals": {"aws:ResourceTag/Project": "vllm", "aws:ResourceTag/Stack": "dev"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["cost-center", "team"]},
    }
    assert {resource.rpartition(":")[2] for resource in writing["Resource"]} == {"volume/*", "network-interface/*"}


def pulling(**changes: Any) -> dict[str, dict[str, Any]]:
    """The statements about the registry, by name."""
    found = statements(replace(SCOPE, **changes))
    return {item["Sid"]: item for item in found if item["Action"][0].startswith("ecr:")}


def test_hosts_pull_from_the_repository_of_their_image_alone() -> None:
    found = pulling()
    assert set(found) == {"LogInToRegistry", "PullImage"}
    assert found["PullImage"]["Resource"] == REPOSITORY
    assert found["PullImage"]["Action"] == ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]


def test_a_pull_through_the_cache_may_also_fill_it() -> None:
    cache = "arn:aws:ecr:eu-central-1:123456789012:repository/vllm-dev/*"
    allowed = pulling(image_repository_arn=cache, imports_image=True)["PullImage"]
    assert allowed["Resource"] == cache
    assert set(allowed["Action"]) - set(pulling()["PullImage"]["Action"]) == {
        "ecr:BatchImportUpstreamImage",
        "ecr:CreateRepository",
    }


def test_hosts_whose_image_is_elsewhere_may_nothing_in_ecr() -> None:
    assert pulling(image_repository_arn=None) == {}


def test_without_user_tags_no_tag_can_be_written_but_those_of_a_new_scratch_volume() -> None:
    untagged = statements(replace(SCOPE, user_tag_keys=()))
    writing = [statement["Sid"] for statement in untagged if "ec2:CreateTags" in statement["Action"]]
    assert writing == ["TagScratch"]


def test_arns_follow_the_partition_and_region() -> None:
    china = HostScope(**{**vars(SCOPE), "partition": "aws-cn", "region": "cn-north-1"})
    conditional = [
        statement["Resource"]
        for statement in statements(china)
        if "Condition" in statement and statement["Resource"] != "*"
    ]
    scoped = [arn for found in conditional for arn in ([found] if isinstance(found, str) else found)]
    assert len(scoped) > 4
    assert all(arn.split(":")[1] == "aws-cn" for arn in scoped)
    assert all(arn.split(":")[3] == "cn-north-1" for arn in scoped)


def test_hosts_write_samples_to_the_workspace_that_there_is_and_read_none() -> None:
    workspace = "arn:aws:aps:eu-central-1:123456789012:workspace/ws-01234567-89ab-cdef-0123-456789abcdef"
    added = [item for item in statements(replace(SCOPE, workspace_arn=workspace)) if item not in statements()]
    assert [(item["Action"], item["Resource"]) for item in added] == [(["aps:RemoteWrite"], workspace)]
