"""Two stacks in one account, one's name the beginning of the other's: no verb finds the other stack's things."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws.server import EmulatedAws
from tests.ops.cache_slots import make_volume, volume_ids
from tests.ops.deployed_stack import STACK_FILE, Folder, make_folder
from tests.rehearsal.aws.cloud import Cloud

SHORT = "team-a"
LONG = "team-a-" + "x" * 33
NAMES = (SHORT, LONG)
TOKEN = "hf_" + "aB3" * 11


@dataclass(frozen=True, kw_only=True)
class Account:
    cloud: Cloud
    folder: Folder
    outputs: Mapping[str, Mapping[str, Any]]

    def json(self, *arguments: str, stdin: str = "") -> Any:
        done = self.folder.ops(*arguments, "--json", stdin=stdin)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with EmulatedAws() as aws:
        cloud = Cloud(aws)
        folder = make_folder(tmp_path_factory.mktemp("account"), outputs=None, environment=aws.environment())
        outputs = {stack: deploy(cloud, stack, folder.path) for stack in NAMES}
        for stack, values in outputs.items():
            folder.stack_file(stack).write_text(STACK_FILE)
            folder.deploy(stack, values)
        yield Account(cloud=cloud, folder=folder, outputs=outputs)


def deploy(cloud: Cloud, stack: str, folder: Path) -> dict[str, Any]:
    """A fleet of one replica, two slots and two secrets; physical names as Pulumi makes them: without the stack."""
    group = f"vllm-826c11{NAMES.index(stack)}"
    tags = {"Project": "vllm", "Stack": stack}
    cloud.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=group,
        MinSize=1,
        MaxSize=1,
        LaunchTemplate={"LaunchTemplateId": cloud.template_id, "Version": "1"},
        VPCZoneIdentifier=",".join(cloud.subnet_ids),
        TargetGroupARNs=[cloud.target_group_arn],
        Tags=[{"Key": key, "Value": value, "PropagateAtLaunch": True} for key, value in tags.items()],
    )
    secrets = cloud.aws.client("secretsmanager")
    cloud.aws.client("logs").create_log_group(logGroupName=f"{group}-hosts")
    return {
        "api_keys_secret_arn": secrets.create_secret(Name=f"{group}-keys")["ARN"],
        "hf_token_secret_arn": secrets.create_secret(Name=f"{group}-token")["ARN"],
        "autoscaling_group": group,
        "target_group_arn": cloud.target_group_arn,
        "log_group": f"{group}-hosts",
        "endpoint": f"http://internal-{group}.elb.amazonaws.com/v1",
        "load_balancer_dns": f"internal-{group}.elb.amazonaws.com",
        "cache_volume_ids": [make_volume(cloud, pool=stack) for _ in range(2)],
    }


def instances(account: Account, stack: str) -> set[str]:
    group = account.outputs[stack]["autoscaling_group"]
    (found,) = account.cloud.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])[
        "AutoScalingGroups"
    ]
    return {instance["InstanceId"] for instance in found["Instances"]}


def test_a_key_is_added_to_one_stack_only(account: Account) -> None:
    account.json("keys", "add", "alice", "--stack", LONG, "--no-restart")
    assert [key["name"] for key in account.json("keys", "list", "--stack", LONG)["keys"]] == ["alice"]
    assert account.json("keys", "list", "--stack", SHORT) == {"keys": []}


def test_a_token_is_stored_in_one_stack_only(account: Account) -> None:
    stored = account.json("secrets", "set", "hf-token", "--stack", SHORT, stdin=TOKEN)
    assert stored["arn"] == account.outputs[SHORT]["hf_token_secret_arn"]
    client = account.cloud.aws.client("secretsmanager")
    assert "AWSCURRENT" not in str(client.describe_secret(SecretId=account.outputs[LONG]["hf_token_secret_arn"]))


@pytest.mark.parametrize("stack", NAMES)
def test_a_rollout_and_a_tunnel_are_about_the_stacks_own_hosts(account: Account, stack: str) -> None:
    own = instances(account, stack)
    assert len(own) == 1
    rollout = account.json("rollout", "--stack", stack)
    assert {instance["id"] for instance in rollout["instances"]} == own
    assert {replica["id"] for replica in account.json("status", "--stack", stack)["replicas"]} == own
    command = account.json("tunnel", "--stack", stack, "--print")["command"]
    assert command[command.index("--target") + 1] in own
    assert account.outputs[stack]["load_balancer_dns"] in command[-1]


def test_a_list_has_the_stacks_own_volumes(account: Account) -> None:
    for stack in NAMES:
        listed = account.json("cache", "list", "--stack", stack)["volumes"]
        assert {volume["id"] for volume in listed} == set(account.outputs[stack]["cache_volume_ids"])
        assert all(volume["held"] for volume in listed)
    assert {volume["stack"] for volume in account.json("cache", "list")["volumes"]} == set(NAMES)


@pytest.mark.parametrize(("gone", "stays"), [(SHORT, LONG), (LONG, SHORT)])
def test_the_cache_of_one_goes_while_the_other_serves(account: Account, gone: str, stays: str) -> None:
    group = account.outputs[gone]["autoscaling_group"]
    account.cloud.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=group, ForceDelete=True)
    account.folder.destroy(gone)
    kept = volume_ids(account.cloud) - set(account.outputs[gone]["cache_volume_ids"])
    done = account.folder.ops("cache", "delete", "--stack", gone, "--yes")
    assert done.returncode == 0, done.stderr
    assert volume_ids(account.cloud) == kept
    assert account.folder.ops("cache", "delete", "--stack", stays, "--yes").returncode == (1 if kept else 0)
