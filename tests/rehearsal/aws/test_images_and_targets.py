"""The DLAMI parameter names an image that exists; a target's health follows the target group's own numbers."""

from __future__ import annotations

from rehearsal.aws.clock import ManualClock
from tests.rehearsal.aws.cloud import Cloud

DLAMI = "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id"


def test_the_parameter_names_an_image(cloud: Cloud) -> None:
    parameter = cloud.aws.client("ssm").get_parameter(Name=DLAMI)["Parameter"]
    (image,) = cloud.ec2.describe_images(ImageIds=[parameter["Value"]])["Images"]
    assert image["Architecture"] == "x86_64"
    assert image["RootDeviceName"] == "/dev/sda1"
    assert "Ubuntu 24.04" in image["Name"]


def test_the_instance_types_of_the_catalogue_are_offered(cloud: Cloud) -> None:
    offered = cloud.ec2.describe_instance_type_offerings(
        LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": ["g6.2xlarge"]}]
    )["InstanceTypeOfferings"]
    assert {"us-east-1a", "us-east-1b"} <= {offering["Location"] for offering in offered}


def test_a_target_group_without_a_load_balancer_is_unused(cloud: Cloud, waits: ManualClock) -> None:
    vpc_id = cloud.ec2.describe_subnets(SubnetIds=cloud.subnet_ids[:1])["Subnets"][0]["VpcId"]
    group = cloud.elb.create_target_group(Name="idle", Protocol="HTTP", Port=80, VpcId=vpc_id)["TargetGroups"][0]
    started = cloud.ec2.run_instances(ImageId=cloud.image_id, MinCount=1, MaxCount=1, SubnetId=cloud.subnet_ids[0])
    target = {"Id": started["Instances"][0]["InstanceId"]}
    cloud.elb.register_targets(TargetGroupArn=group["TargetGroupArn"], Targets=[target])
    waits.advance(3600)
    described = cloud.elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
    assert described["TargetHealthDescriptions"][0]["TargetHealth"]["Reason"] == "Target.NotInUse"


def test_a_deregistered_target_drains_for_the_delay(cloud: Cloud, waits: ManualClock) -> None:
    started = cloud.ec2.run_instances(ImageId=cloud.image_id, MinCount=1, MaxCount=1, SubnetId=cloud.subnet_ids[0])
    target = {"Id": started["Instances"][0]["InstanceId"]}
    cloud.elb.register_targets(TargetGroupArn=cloud.target_group_arn, Targets=[target])
    waits.advance(20)
    assert list(cloud.health().values()) == ["healthy"]
    cloud.elb.deregister_targets(TargetGroupArn=cloud.target_group_arn, Targets=[target])
    assert list(cloud.health().values()) == ["draining"]
    waits.advance(60)
    assert cloud.health() == {}
    described = cloud.elb.describe_target_health(TargetGroupArn=cloud.target_group_arn, Targets=[target])
    assert described["TargetHealthDescriptions"][0]["TargetHealth"]["State"] == "unused"
