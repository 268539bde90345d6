from __future__ import annotations

import base64
from typing import Any

from rehearsal.aws.server import EmulatedAws

OWN = {"ResourceType": "launch-template", "Tags": [{"Key": "Name", "Value": "template"}]}
LAUNCHED = {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "host"}]}


def data_and_tags(**launch_template_data: Any) -> tuple[dict[str, Any], list[Any]]:
    with EmulatedAws() as aws:
        ec2 = aws.client("ec2")
        made = ec2.create_launch_template(
            LaunchTemplateName="host",
            TagSpecifications=[OWN],
            LaunchTemplateData={"InstanceType": "g6.2xlarge", **launch_template_data},
        )["LaunchTemplate"]
        versions = ec2.describe_launch_template_versions(LaunchTemplateId=made["LaunchTemplateId"], Versions=["1"])
        described = ec2.describe_launch_templates(LaunchTemplateIds=[made["LaunchTemplateId"]])
    return versions["LaunchTemplateVersions"][0]["LaunchTemplateData"], described["LaunchTemplates"][0]["Tags"]


def test_a_templates_own_tags_stay_its_own() -> None:
    data, tags = data_and_tags(TagSpecifications=[LAUNCHED])
    assert data["TagSpecifications"] == [LAUNCHED]
    assert tags == OWN["Tags"]


def test_a_template_that_tags_nothing_it_launches_says_nothing_about_tags() -> None:
    data, tags = data_and_tags()
    assert not data.get("TagSpecifications")
    assert tags == OWN["Tags"]


def test_a_templates_tags_are_those_of_today() -> None:
    with EmulatedAws() as aws:
        ec2 = aws.client("ec2")
        made = ec2.create_launch_template(
            LaunchTemplateName="host", TagSpecifications=[OWN], LaunchTemplateData={"InstanceType": "g6.2xlarge"}
        )["LaunchTemplate"]
        ec2.create_tags(Resources=[made["LaunchTemplateId"]], Tags=[{"Key": "team", "Value": "ml"}])
        (described,) = ec2.describe_launch_templates()["LaunchTemplates"]
    assert described["Tags"] == [*OWN["Tags"], {"Key": "team", "Value": "ml"}]


def test_a_later_version_can_be_launched() -> None:
    with EmulatedAws() as aws:
        ec2 = aws.client("ec2")
        data = {"InstanceType": "g6.2xlarge", "ImageId": ec2.describe_images()["Images"][0]["ImageId"]}
        ec2.create_launch_template(LaunchTemplateName="host", LaunchTemplateData=data)
        text = base64.b64encode(b"#cloud-config").decode()
        ec2.create_launch_template_version(LaunchTemplateName="host", LaunchTemplateData={**data, "UserData": text})
        launched = ec2.run_instances(
            MinCount=1, MaxCount=1, LaunchTemplate={"LaunchTemplateName": "host", "Version": "2"}
        )["Instances"][0]
        shown = ec2.describe_instance_attribute(InstanceId=launched["InstanceId"], Attribute="userData")
    assert shown["UserData"]["Value"] == text
