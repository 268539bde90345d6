"""A group launches hosts with encrypted disks only where the key's policy lets Auto Scaling's role use it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.aws.key_policy import KeyScope, key_policy
from tests.rehearsal.aws.cloud import Cloud

POLICY = key_policy(KeyScope(region="us-east-1", account="123456789012", partition="aws"))


def launches_under(cloud: Cloud, policy: dict[str, Any]) -> tuple[str, str]:
    """Status and message of the first launch."""
    key = cloud.aws.client("kms").create_key(Policy=json.dumps(policy))["KeyMetadata"]["Arn"]
    disk = {"DeviceName": "/dev/sda1", "Ebs": {"Encrypted": True, "KmsKeyId": key, "VolumeSize": 100}}
    data = cloud.template(user_data="encrypted") | {"BlockDeviceMappings": [disk]}
    cloud.ec2.create_launch_template_version(LaunchTemplateId=cloud.template_id, LaunchTemplateData=data)
    cloud.create_group(LaunchTemplate={"LaunchTemplateId": cloud.template_id, "Version": "2"})
    activity = cloud.activities()[0]
    return activity["StatusCode"], activity.get("StatusMessage", "")


def without(*sids: str) -> dict[str, Any]:
    return {**POLICY, "Statement": [item for item in POLICY["Statement"] if item["Sid"] not in sids]}


def test_the_policy_of_the_stacks_own_key_lets_hosts_start(cloud: Cloud) -> None:
    status, _ = launches_under(cloud, POLICY)
    assert status != "Failed"


@pytest.mark.parametrize(
    ("sid", "lacks"), [("DisksOfNewHosts", "kms:Decrypt"), ("GrantsForNewHosts", "kms:CreateGrant")]
)
def test_without_one_of_its_statements_none_starts_and_the_activity_says_why(
    cloud: Cloud, sid: str, lacks: str
) -> None:
    status, message = launches_under(cloud, without(sid))
    assert status == "Failed"
    assert lacks in message
    assert cloud.states() == []
