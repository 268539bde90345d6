"""One life of the dev stack on the real engine, recorded for all the tests that look at it: it takes minutes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.aws.calls import Call
from rehearsal.aws.server import EmulatedAws
from rehearsal.engine.events import Run
from rehearsal.engine.rig import Rig
from rehearsal.engine.stack import EngineStack, Held, open_stack
from rehearsal.inventory import compute, traffic
from rehearsal.inventory.everything import account_ids

ROOT = Path(__file__).resolve().parents[2]
STACK = "dev"
NEW_SEQUENCES = 64

# Looks like a machine on which someone works with a real account. The values are AWS's own documentation examples.
REAL_LOOKING: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": "AQoEXAMPLEH4aoAH0gNCAPyJxz4BlCFFxWNE1OPTgk5TthT",
    "AWS_PROFILE": "production",
    "AWS_ENDPOINT_URL_S3": "https://s3.us-east-1.amazonaws.com",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/secrets/token",
    "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/production",
    "HTTPS_PROXY": "http://proxy.example.com:3128",
    "PULUMI_ACCESS_TOKEN": "pul-0123456789abcdef0123456789abcdef01234567",
    "PULUMI_BACKEND_URL": "s3://production-state",
}
PROFILE = """\
[profile production]
region = eu-west-1
endpoint_url = https://aws.example.com
"""
CREDENTIALS = """\
[default]
aws_access_key_id = AKIAI44QH8DHBEXAMPLE
aws_secret_access_key = je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY
[production]
aws_access_key_id = AKIAI44QH8DHBEXAMPLE
aws_secret_access_key = je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY
"""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What boto3 said at one moment, as AWS returns it."""

    outputs: Mapping[str, Any]
    group: Mapping[str, Any]
    template: Mapping[str, Any]
    user_data: str
    hooks: Mapping[str, Mapping[str, Any]]
    target_group: Mapping[str, Any]
    target_attributes: Mapping[str, str]
    balancer: Mapping[str, Any]
    balancer_attributes: Mapping[str, str]
    rules: tuple[Mapping[str, Any], ...]
    alarms: tuple[Mapping[str, Any], ...]
    volumes: tuple[Mapping[str, Any], ...]
    refreshes: tuple[Mapping[str, Any], ...]

    @property
    def instance_ids(self) -> frozenset[str]:
        return frozenset(item["InstanceId"] for item in self.group["Instances"])


@dataclass(frozen=True, kw_only=True)
class Life:
    """In the order in which it happened. ``rollout`` is `ops rollout --wait` after the changed flag; ``left`` has
    what AWS held beyond an empty account at the end, ``held`` what the engine's state did."""

    region: str
    up: Run
    first: Snapshot
    second_up: Run
    refresh: Run
    roll: Run
    rollout: subprocess.CompletedProcess[str]
    rolled: Snapshot
    protect: Run
    destroy: Run
    held: tuple[Held, ...]
    left: frozenset[str]
    calls: tuple[Call, ...]


def live(*, rig: Rig, environ: Mapping[str, str]) -> Life:
    """Live it. ``environ``: what the machine's environment looks like meanwhile."""
    with stage(rig=rig, environ=environ) as (aws, engine):
        before = account_ids(aws.client)
        up = engine.up()
        first = look(aws, outputs=engine.outputs())
        second_up, refresh = engine.up(), engine.refresh()
        engine.edit_config(lambda config: config["vllm:serving"].update(maxNumSeqs=NEW_SEQUENCES))
        roll = engine.up()
        rollout = ops(engine, "rollout", "--stack", STACK, "--wait")
        rolled = look(aws, outputs=engine.outputs())
        engine.edit_config(lambda config: config["vllm:cache"].update(protect=True))
        protect = engine.up()
        destroy = engine.destroy(exclude_protected=True)
        return Life(
            region=aws.region,
            up=up,
            first=first,
            second_up=second_up,
            refresh=refresh,
            roll=roll,
            rollout=rollout,
            rolled=rolled,
            protect=protect,
            destroy=destroy,
            held=engine.resources(),
            left=account_ids(aws.client) - before,
            calls=aws.calls,
        )


@contextmanager
def stage(*, rig: Rig, environ: Mapping[str, str]) -> Iterator[tuple[EmulatedAws, EngineStack]]:
    """An empty emulated AWS and the dev stack, not yet deployed."""
    with (
        EmulatedAws() as aws,
        open_stack(stack=STACK, root=ROOT, rig=rig, aws=aws.environment(), environ=environ) as engine,
    ):
        yield aws, engine


def ops(engine: EngineStack, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A verb on the rehearsed stack, as a person would call it."""
    return subprocess.run(
        [sys.executable, "-m", "ops", *arguments],
        cwd=engine.folder,
        env={**engine.environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def look(aws: EmulatedAws, *, outputs: Mapping[str, Any]) -> Snapshot:
    elb, autoscaling = aws.client("elbv2"), aws.client("autoscaling")
    group = compute.group_of(aws.client, name=outputs["autoscaling_group"])
    template = compute.template_version_of(aws.client, group=group)
    balancer = traffic.balancer_of(aws.client, dns_name=outputs["load_balancer_dns"])
    target_arn, balancer_arn = outputs["target_group_arn"], balancer["LoadBalancerArn"]
    (listener,) = elb.describe_listeners(LoadBalancerArn=balancer_arn)["Listeners"]
    name = group["AutoScalingGroupName"]
    hooks = autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=name)["LifecycleHooks"]
    return Snapshot(
        outputs=outputs,
        group=group,
        template=template,
        user_data=compute.user_data_of(template),
        hooks={hook["LifecycleHookName"]: hook for hook in hooks},
        target_group=elb.describe_target_groups(TargetGroupArns=[target_arn])["TargetGroups"][0],
        target_attributes=_by_key(elb.describe_target_group_attributes(TargetGroupArn=target_arn)),
        balancer=balancer,
        balancer_attributes=_by_key(elb.describe_load_balancer_attributes(LoadBalancerArn=balancer_arn)),
        rules=tuple(elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]),
        alarms=tuple(aws.client("cloudwatch").describe_alarms()["MetricAlarms"]),
        volumes=tuple(aws.client("ec2").describe_volumes(VolumeIds=outputs["cache_volume_ids"])["Volumes"]),
        refreshes=tuple(autoscaling.describe_instance_refreshes(AutoScalingGroupName=name)["InstanceRefreshes"]),
    )


def _by_key(answer: Mapping[str, Any]) -> dict[str, str]:
    return {attribute["Key"]: attribute["Value"] for attribute in answer["Attributes"]}
