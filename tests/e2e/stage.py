"""What the dev stack puts around one host, made by hand in an emulated AWS: the boot test needs no Pulumi engine."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rehearsal.aws.server import EmulatedAws
from userdata.options import LAUNCHING_HOOK, TERMINATING_HOOK, AwsNames, HostOptions
from userdata.render import cloud_config, scripts_archive, scripts_key

ROOT = Path(__file__).resolve().parents[2]
GROUP = "vllm-boot-test"
POOL = "dev"
BUCKET = "vllm-boot-test-scripts"
LOG_GROUP = "vllm-boot-test"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Ids and names of what was made; the group is still empty."""

    aws: EmulatedAws
    zone: str
    subnet_id: str
    volume_ids: tuple[str, ...]
    api_keys_secret_arn: str
    hf_token_secret_arn: str
    target_group_arn: str

    @classmethod
    def build(cls, aws: EmulatedAws) -> Stage:
        ec2 = aws.client("ec2")
        zone = f"{aws.region}a"
        vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.0.0.0/24", AvailabilityZone=zone)["Subnet"]
        aws.client("s3").create_bucket(Bucket=BUCKET)
        aws.client("s3").put_object(Bucket=BUCKET, Key=scripts_key(), Body=scripts_archive())
        aws.client("logs").create_log_group(logGroupName=LOG_GROUP)
        return cls(
            aws=aws,
            zone=zone,
            subnet_id=subnet["SubnetId"],
            volume_ids=tuple(_cache_slot(ec2, zone) for _ in range(2)),
            api_keys_secret_arn=_empty_secret(aws, "vllm-api-keys"),
            hf_token_secret_arn=_empty_secret(aws, "vllm-hf-token"),
            target_group_arn=_target_group(aws, vpc_id),
        )

    def names(self) -> AwsNames:
        return AwsNames(
            scripts_bucket=BUCKET,
            api_keys_secret_arn=self.api_keys_secret_arn,
            hf_token_secret_arn=self.hf_token_secret_arn,
            log_group=LOG_GROUP,
            target_group_arn=self.target_group_arn,
        )

    def launch(self, *, options: HostOptions) -> str:
        """A group of one with the user data of these options; the id of its instance."""
        user_data = cloud_config(options)
        template = self.aws.client("ec2").create_launch_template(
            LaunchTemplateName=GROUP,
            LaunchTemplateData={
                "ImageId": "ami-12c6146b",
                "InstanceType": options.plan.instance_type,
                "UserData": base64.b64encode(user_data.encode()).decode(),
            },
        )["LaunchTemplate"]
        autoscaling = self.aws.client("autoscaling")
        autoscaling.create_auto_scaling_group(
            AutoScalingGroupName=GROUP,
            LaunchTemplate={"LaunchTemplateId": template["LaunchTemplateId"], "Version": "1"},
            MinSize=0,
            MaxSize=1,
            DesiredCapacity=1,
            VPCZoneIdentifier=self.subnet_id,
            TargetGroupARNs=[self.target_group_arn],
            LifecycleHookSpecificationList=[
                _hook(LAUNCHING_HOOK, "LAUNCHING", options.plan.timers.launch_heartbeat_timeout_s),
                _hook(TERMINATING_HOOK, "TERMINATING", options.plan.timers.terminate_heartbeat_timeout_s),
            ],
        )
        instances = autoscaling.describe_auto_scaling_instances()["AutoScalingInstances"]
        return str(instances[0]["InstanceId"])

    def ops(self, *arguments: str, folder: Path, stdin: str = "") -> str:
        """A verb as a person would call it, on a stack whose outputs are the names of this stage; its stdout."""
        pulumi = folder / "pulumi"
        outputs = json.dumps(asdict(self.names()) | {"autoscaling_group": GROUP})
        pulumi.write_text(f"#!/bin/sh\ncat <<'END'\n{outputs}\nEND\n")
        pulumi.chmod(0o755)
        environment = self.aws.clean_environment()
        done = subprocess.run(
            [sys.executable, "-m", "ops", *arguments],
            cwd=ROOT,
            env={**environment, "PATH": f"{folder}:{environment['PATH']}"},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def volumes(self) -> dict[str, list[str]]:
        """Instances that hold each cache slot."""
        found = self.aws.client("ec2").describe_volumes(VolumeIds=list(self.volume_ids))["Volumes"]
        return {volume["VolumeId"]: [a["InstanceId"] for a in volume["Attachments"]] for volume in found}

    def boot_events(self, instance_id: str) -> list[dict[str, Any]]:
        """What the host wrote to its stream of the log group."""
        events = self.aws.client("logs").get_log_events(
            logGroupName=LOG_GROUP, logStreamName=instance_id, startFromHead=True
        )["events"]
        return [json.loads(event["message"]) for event in events]


def _cache_slot(ec2: Any, zone: str) -> str:
    tags = [{"Key": "vllm:cache-pool", "Value": POOL}]
    volume = ec2.create_volume(
        AvailabilityZone=zone, Size=20, VolumeType="gp3", TagSpecifications=[{"ResourceType": "volume", "Tags": tags}]
    )
    return str(volume["VolumeId"])


def _empty_secret(aws: EmulatedAws, name: str) -> str:
    return str(aws.client("secretsmanager").create_secret(Name=name)["ARN"])


def _target_group(aws: EmulatedAws, vpc_id: str) -> str:
    made = aws.client("elbv2").create_target_group(
        Name="vllm-boot-test",
        Protocol="HTTP",
        Port=8000,
        VpcId=vpc_id,
        TargetType="instance",
        HealthCheckPath="/health",
    )
    return str(made["TargetGroups"][0]["TargetGroupArn"])


def _hook(name: str, transition: str, heartbeat_s: int) -> dict[str, Any]:
    return {
        "LifecycleHookName": name,
        "LifecycleTransition": f"autoscaling:EC2_INSTANCE_{transition}",
        "HeartbeatTimeout": heartbeat_s,
        "DefaultResult": "ABANDON" if transition == "LAUNCHING" else "CONTINUE",
    }
