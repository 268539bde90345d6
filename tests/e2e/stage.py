"""What a stack puts around its hosts, made by hand in an emulated AWS: tests that boot hosts need no Pulumi engine."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rehearsal.aws.server import EmulatedAws
from userdata.options import CACHE_POOL_TAG, LAUNCHING_HOOK, TERMINATING_HOOK, AwsNames, HostOptions
from userdata.render import cloud_config, scripts_archive, scripts_key

ROOT = Path(__file__).resolve().parents[2]
INSTANCE_LIMIT = 3


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Ids and names of what was made; ``name`` is in each of them, so that stages share an account."""

    aws: EmulatedAws
    name: str
    zone: str
    subnet_id: str
    volume_ids: tuple[str, ...]
    api_keys_secret_arn: str
    hf_token_secret_arn: str
    target_group_arn: str

    @classmethod
    def build(cls, aws: EmulatedAws, *, name: str, slots: int = 2, size_gib: int = 20) -> Stage:
        ec2 = aws.client("ec2")
        zone = f"{aws.region}a"
        vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.0.0.0/24", AvailabilityZone=zone)["Subnet"]
        stage = cls(
            aws=aws,
            name=name,
            zone=zone,
            subnet_id=subnet["SubnetId"],
            volume_ids=tuple(sorted(_cache_slot(ec2, zone=zone, pool=name, size_gib=size_gib) for _ in range(slots))),
            api_keys_secret_arn=_empty_secret(aws, f"vllm-{name}-api-keys"),
            hf_token_secret_arn=_empty_secret(aws, f"vllm-{name}-hf-token"),
            target_group_arn=_target_group(aws, name=f"vllm-{name}", vpc_id=vpc_id, subnet_id=subnet["SubnetId"]),
        )
        aws.client("s3").create_bucket(Bucket=stage.bucket)
        aws.client("s3").put_object(Bucket=stage.bucket, Key=scripts_key(), Body=scripts_archive())
        aws.client("logs").create_log_group(logGroupName=stage.log_group)
        return stage

    @property
    def group(self) -> str:
        return f"vllm-{self.name}"

    @property
    def bucket(self) -> str:
        return f"vllm-{self.name}-scripts"

    @property
    def log_group(self) -> str:
        return f"/vllm/{self.name}"

    def names(self) -> AwsNames:
        return AwsNames(
            scripts_bucket=self.bucket,
            api_keys_secret_arn=self.api_keys_secret_arn,
            hf_token_secret_arn=self.hf_token_secret_arn,
            log_group=self.log_group,
            target_group_arn=self.target_group_arn,
        )

    def launch(self, *, options: HostOptions) -> str:
        """A group of one with these options, and the alarm that its hosts set; the id of its instance."""
        user_data = cloud_config(options)
        template = self.aws.client("ec2").create_launch_template(
            LaunchTemplateName=self.group,
            LaunchTemplateData={
                "ImageId": "ami-12c6146b",
                "InstanceType": options.plan.instance_type,
                "MetadataOptions": {"HttpTokens": "required", "InstanceMetadataTags": "enabled"},
                "UserData": base64.b64encode(user_data.encode()).decode(),
            },
        )["LaunchTemplate"]
        autoscaling = self.aws.client("autoscaling")
        autoscaling.create_auto_scaling_group(
            AutoScalingGroupName=self.group,
            LaunchTemplate={"LaunchTemplateId": template["LaunchTemplateId"], "Version": "1"},
            MinSize=0,
            MaxSize=INSTANCE_LIMIT,
            DesiredCapacity=1,
            VPCZoneIdentifier=self.subnet_id,
            TargetGroupARNs=[self.target_group_arn],
            LifecycleHookSpecificationList=[
                _hook(LAUNCHING_HOOK, "LAUNCHING", options.plan.timers.launch_heartbeat_timeout_s),
                _hook(TERMINATING_HOOK, "TERMINATING", options.plan.timers.terminate_heartbeat_timeout_s),
            ],
        )
        self.aws.client("cloudwatch").put_metric_alarm(
            AlarmName=options.boot_loop_alarm,
            Namespace="vLLM",
            MetricName="BootLoop",
            Dimensions=[{"Name": "Stack", "Value": options.stack}],
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="ignore",
        )
        return self.booting()

    def describe(self) -> dict[str, Any]:
        """The group."""
        answer = self.aws.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[self.group])
        found: dict[str, Any] = answer["AutoScalingGroups"][0]
        return found

    def members(self) -> list[str]:
        return [str(instance["InstanceId"]) for instance in self.describe()["Instances"]]

    def booting(self) -> str:
        """The instance that waits for its boot; LookupError when none does."""
        for instance in self.describe()["Instances"]:
            if instance["LifecycleState"] in ("Pending", "Pending:Wait"):
                return str(instance["InstanceId"])
        raise LookupError(f"no instance of {self.group} waits for its boot")

    def replacement(self, *, of: str) -> str | None:
        """The instance that the group has beside this one, if it has."""
        return next((member for member in self.members() if member != of), None)

    def set_capacity(self, count: int) -> None:
        self.aws.client("autoscaling").set_desired_capacity(AutoScalingGroupName=self.group, DesiredCapacity=count)

    def launches(self) -> list[tuple[str, str]]:
        """Status and message of each launch, the oldest first."""
        answer = self.aws.client("autoscaling").describe_scaling_activities(AutoScalingGroupName=self.group)
        launched = [item for item in answer["Activities"] if item["Description"].startswith("Launching")]
        return [(item["StatusCode"], item.get("StatusMessage", "")) for item in reversed(launched)]

    def suspended(self) -> list[str]:
        return [item["ProcessName"] for item in self.describe()["SuspendedProcesses"]]

    def alarm(self, name: str) -> tuple[str, str]:
        """State and reason."""
        (alarm,) = self.aws.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return alarm["StateValue"], alarm.get("StateReason", "")

    def target_state(self, instance_id: str) -> str:
        """As the load balancer sees it; "unused" when it has never heard of it."""
        health = self.aws.client("elbv2").describe_target_health(TargetGroupArn=self.target_group_arn)
        states = {item["Target"]["Id"]: item["TargetHealth"]["State"] for item in health["TargetHealthDescriptions"]}
        return str(states.get(instance_id, "unused"))

    def put_secrets(self, *, key: str, token: str) -> None:
        """As `ops keys add` and `ops secrets set hf-token` write them."""
        secrets = self.aws.client("secretsmanager")
        text = json.dumps({"keys": {"test": {"key": key, "created": "2026-01-01T00:00:00Z"}}})
        secrets.put_secret_value(SecretId=self.api_keys_secret_arn, SecretString=text)
        secrets.put_secret_value(SecretId=self.hf_token_secret_arn, SecretString=token)

    def ops(self, *arguments: str, folder: Path, stdin: str = "", timeout_s: float = 120) -> str:
        """A verb as a person would call it, on a stack whose outputs are the names of this stage; its stdout."""
        pulumi = folder / "pulumi"
        outputs = json.dumps(asdict(self.names()) | {"autoscaling_group": self.group})
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
            timeout=timeout_s,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def volumes(self) -> dict[str, list[str]]:
        """Instances that hold each cache slot."""
        found = self.aws.client("ec2").describe_volumes(VolumeIds=list(self.volume_ids))["Volumes"]
        return {volume["VolumeId"]: [a["InstanceId"] for a in volume["Attachments"]] for volume in found}

    def boot_events(self, instance_id: str) -> list[dict[str, Any]]:
        """What the host wrote to its stream of the log group; nothing before it has made one."""
        logs = self.aws.client("logs")
        found = logs.describe_log_streams(logGroupName=self.log_group, logStreamNamePrefix=instance_id)["logStreams"]
        if instance_id not in [stream["logStreamName"] for stream in found]:
            return []
        events = logs.get_log_events(logGroupName=self.log_group, logStreamName=instance_id, startFromHead=True)
        return [json.loads(event["message"]) for event in events["events"]]

    def log_lines(self, instance_id: str) -> dict[str, list[str]]:
        """What the host's log sender has sent, by stream: ``boot``, ``vllm``, ..."""
        logs = self.aws.client("logs")
        prefix = f"{instance_id}/"
        found = logs.describe_log_streams(logGroupName=self.log_group, logStreamNamePrefix=prefix)["logStreams"]
        pages = logs.get_paginator("filter_log_events")
        return {
            stream["logStreamName"].removeprefix(prefix): [
                event["message"]
                for page in pages.paginate(logGroupName=self.log_group, logStreamNames=[stream["logStreamName"]])
                for event in page["events"]
            ]
            for stream in found
        }


def _cache_slot(ec2: Any, *, zone: str, pool: str, size_gib: int) -> str:
    tags = {CACHE_POOL_TAG: pool, "Name": f"vllm-{pool}-cache", "Project": "vllm", "Stack": pool}
    volume = ec2.create_volume(
        AvailabilityZone=zone,
        Size=size_gib,
        VolumeType="gp3",
        Iops=3000,
        Throughput=250,
        Encrypted=True,
        TagSpecifications=[
            {"ResourceType": "volume", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
        ],
    )
    return str(volume["VolumeId"])


def _empty_secret(aws: EmulatedAws, name: str) -> str:
    return str(aws.client("secretsmanager").create_secret(Name=name)["ARN"])


def _target_group(aws: EmulatedAws, *, name: str, vpc_id: str, subnet_id: str) -> str:
    """Behind a load balancer: a target group without one says of each target that it is unused."""
    balancing = aws.client("elbv2")
    made = balancing.create_target_group(
        Name=name,
        Protocol="HTTP",
        Port=8000,
        VpcId=vpc_id,
        TargetType="instance",
        HealthCheckPath="/health",
    )
    arn = str(made["TargetGroups"][0]["TargetGroupArn"])
    balancer = balancing.create_load_balancer(Name=name, Subnets=[subnet_id])["LoadBalancers"][0]
    balancing.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}],
    )
    return arn


def _hook(name: str, transition: str, heartbeat_s: int) -> dict[str, Any]:
    return {
        "LifecycleHookName": name,
        "LifecycleTransition": f"autoscaling:EC2_INSTANCE_{transition}",
        "HeartbeatTimeout": heartbeat_s,
        "DefaultResult": "ABANDON" if transition == "LAUNCHING" else "CONTINUE",
    }
