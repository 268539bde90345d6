"""A host finds its own tags, its root volume and its network interfaces, and can tag these: with what it itself runs,
the AWS CLI, the calls are the same."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rehearsal.aws.cloud import Cloud

TEAM = {"Key": "team", "Value": "ml"}


@pytest.fixture
def instance_id(played: Cloud) -> str:
    played.create_group(
        Tags=[
            {**TEAM, "PropagateAtLaunch": True},
            {"Key": "only-the-group", "Value": "x", "PropagateAtLaunch": False},
        ]
    )
    return played.instance_id(state="InService")


def tags_of(cloud: Cloud, resource_id: str) -> dict[str, str]:
    """As `aws ec2 describe-tags --filters Name=resource-id,Values=...` lists them."""
    found = cloud.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [resource_id]}])["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def volume_and_interface(cloud: Cloud, instance_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    mine = [{"Name": "attachment.instance-id", "Values": [instance_id]}]
    (volume,) = cloud.ec2.describe_volumes(Filters=mine)["Volumes"]
    (interface,) = cloud.ec2.describe_network_interfaces(Filters=mine)["NetworkInterfaces"]
    return volume, interface


def test_an_instance_has_the_groups_propagated_tags_and_its_templates(played: Cloud, instance_id: str) -> None:
    tags = tags_of(played, instance_id)
    assert {key: value for key, value in tags.items() if not key.startswith("aws:")} == {"team": "ml", "Stack": "dev"}
    assert tags["aws:autoscaling:groupName"] == "replicas"


def test_where_both_have_a_key_the_groups_value_counts(played: Cloud) -> None:
    played.create_group(Tags=[{"Key": "Stack", "Value": "group", "PropagateAtLaunch": True}])
    assert tags_of(played, played.instance_id(state="InService"))["Stack"] == "group"


def test_its_root_volume_and_interface_have_the_templates_tags_only(played: Cloud, instance_id: str) -> None:
    volume, _ = volume_and_interface(played, instance_id)
    assert tags_of(played, volume["VolumeId"]) == {"Stack": "dev"}


def test_the_interface_has_the_tags_that_the_template_gives_it(played: Cloud) -> None:
    data = played.template(user_data="tagged") | {
        "TagSpecifications": [{"ResourceType": kind, "Tags": [TEAM]} for kind in ("instance", "network-interface")]
    }
    played.ec2.create_launch_template_version(LaunchTemplateId=played.template_id, LaunchTemplateData=data)
    played.create_group(LaunchTemplate={"LaunchTemplateId": played.template_id, "Version": "2"})
    _, interface = volume_and_interface(played, played.instance_id(state="InService"))
    assert tags_of(played, interface["NetworkInterfaceId"]) == {"team": "ml"}


def test_a_host_can_tag_its_root_volume_and_interface(played: Cloud, instance_id: str) -> None:
    volume, interface = volume_and_interface(played, instance_id)
    ids = [volume["VolumeId"], interface["NetworkInterfaceId"]]
    played.ec2.create_tags(Resources=ids, Tags=[TEAM])
    for resource_id in ids:
        assert tags_of(played, resource_id)["team"] == "ml"
    described, _ = volume_and_interface(played, instance_id)
    assert TEAM in described["Tags"]
