"""A network, a load balancer and a launch template in the emulated AWS: what a fleet needs around it."""

from __future__ import annotations

import base64
from typing import Any

from rehearsal.aws.server import EmulatedAws

DLAMI = "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id"
GROUP = "replicas"
LAUNCHING = "vllm-launching"
TERMINATING = "vllm-terminating"
HOOKS = [
    {
        "LifecycleHookName": LAUNCHING,
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
        "HeartbeatTimeout": 600,
        "DefaultResult": "ABANDON",
    },
    {
        "LifecycleHookName": TERMINATING,
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
        "HeartbeatTimeout": 300,
        "DefaultResult": "CONTINUE",
    },
]
DEREGISTRATION_S = 60
HEALTHY_AFTER_S = 20
WARMUP_S = 120


class Cloud:
    """What a stack's fleet needs around it, and short words for what the tests ask."""

    def __init__(self, aws: EmulatedAws) -> None:
        self.aws = aws
        self.ec2 = aws.client("ec2")
        self.autoscaling = aws.client("autoscaling")
        self.elb = aws.client("elbv2")
        self.image_id = aws.client("ssm").get_parameter(Name=DLAMI)["Parameter"]["Value"]
        vpc_id = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnet_ids = [
            self.ec2.create_subnet(VpcId=vpc_id, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=zone)["Subnet"][
                "SubnetId"
            ]
            for number, zone in enumerate(("us-east-1a", "us-east-1b"))
        ]
        self.security_group_id = self.ec2.create_security_group(GroupName="host", Description="hosts", VpcId=vpc_id)[
            "GroupId"
        ]
        self.target_group_arn = self._target_group(vpc_id)
        self.template_id = self.ec2.create_launch_template(
            LaunchTemplateName="host", LaunchTemplateData=self.template(user_data="first")
        )["LaunchTemplate"]["LaunchTemplateId"]

    def _target_group(self, vpc_id: str) -> str:
        balancer = self.elb.create_load_balancer(Name="front", Subnets=self.subnet_ids)["LoadBalancers"][0]
        arn: str = self.elb.create_target_group(
            Name="hosts",
            Protocol="HTTP",
            Port=8000,
            VpcId=vpc_id,
            HealthCheckIntervalSeconds=HEALTHY_AFTER_S // 2,
            HealthyThresholdCount=2,
        )["TargetGroups"][0]["TargetGroupArn"]
        self.elb.modify_target_group_attributes(
            TargetGroupArn=arn,
            Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": str(DEREGISTRATION_S)}],
        )
        self.elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Port=80,
            Protocol="HTTP",
            DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}],
        )
        return arn

    def template(self, *, user_data: str) -> dict[str, Any]:
        tags = [{"Key": "Stack", "Value": "dev"}]
        return {
            "ImageId": self.image_id,
            "InstanceType": "g6.2xlarge",
            "UserData": base64.b64encode(user_data.encode()).decode(),
            "BlockDeviceMappings": [
                {
                    "DeviceName": "/dev/sda1",
                    "Ebs": {"VolumeSize": 75, "VolumeType": "gp3", "Encrypted": True, "DeleteOnTermination": True},
                }
            ],
            "NetworkInterfaces": [{"DeviceIndex": 0, "Groups": [self.security_group_id]}],
            "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
            "TagSpecifications": [{"ResourceType": kind, "Tags": tags} for kind in ("instance", "volume")],
        }

    def new_version(self, user_data: str) -> str:
        version = self.ec2.create_launch_template_version(
            LaunchTemplateId=self.template_id, LaunchTemplateData=self.template(user_data=user_data)
        )["LaunchTemplateVersion"]["VersionNumber"]
        return str(version)

    def create_group(self, *, size: int = 1, most: int = 4, hooks: Any = HOOKS, **more: Any) -> None:
        defaults = {
            "LaunchTemplate": {"LaunchTemplateId": self.template_id, "Version": "1"},
            "DefaultInstanceWarmup": WARMUP_S,
            "HealthCheckGracePeriod": 90,
        }
        self.autoscaling.create_auto_scaling_group(
            AutoScalingGroupName=GROUP,
            MinSize=size,
            MaxSize=most,
            VPCZoneIdentifier=",".join(self.subnet_ids),
            TargetGroupARNs=[self.target_group_arn],
            LifecycleHookSpecificationList=hooks,
            **{**defaults, **more},
        )

    def start_refresh(self, version: str, **preferences: Any) -> str:
        identity: str = self.autoscaling.start_instance_refresh(
            AutoScalingGroupName=GROUP,
            DesiredConfiguration={"LaunchTemplate": {"LaunchTemplateId": self.template_id, "Version": version}},
            Preferences={
                "MinHealthyPercentage": 100,
                "MaxHealthyPercentage": 200,
                "AutoRollback": True,
                **preferences,
            },
        )["InstanceRefreshId"]
        return identity

    def refresh(self) -> dict[str, Any]:
        """The newest refresh."""
        found = self.autoscaling.describe_instance_refreshes(AutoScalingGroupName=GROUP)["InstanceRefreshes"]
        newest: dict[str, Any] = found[0]
        return newest

    def group(self) -> dict[str, Any]:
        found: dict[str, Any] = self.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])[
            "AutoScalingGroups"
        ][0]
        return found

    def states(self) -> list[tuple[str, str]]:
        """(launch template version, lifecycle state) of each instance, oldest first."""
        return [
            (instance["LaunchTemplate"]["Version"], instance["LifecycleState"])
            for instance in self.group()["Instances"]
        ]

    def instance_id(self, *, state: str) -> str:
        (found,) = [i["InstanceId"] for i in self.group()["Instances"] if i["LifecycleState"] == state]
        identity: str = found
        return identity

    def complete(self, instance_id: str, *, hook: str = LAUNCHING, result: str = "CONTINUE") -> None:
        self.autoscaling.complete_lifecycle_action(
            LifecycleHookName=hook,
            AutoScalingGroupName=GROUP,
            InstanceId=instance_id,
            LifecycleActionResult=result,
        )

    def health(self) -> dict[str, str]:
        """Target id -> state."""
        described = self.elb.describe_target_health(TargetGroupArn=self.target_group_arn)
        return {
            target["Target"]["Id"]: target["TargetHealth"]["State"] for target in described["TargetHealthDescriptions"]
        }

    def activities(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.autoscaling.describe_scaling_activities(AutoScalingGroupName=GROUP)[
            "Activities"
        ]
        return found
