"""The policy grants what the host scripts call, and nothing that they do not."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from components.host_policy import UNSCOPED_ACTIONS, HostScope, host_policy

SCRIPTS = Path(__file__).resolve().parents[2] / "userdata" / "files"
SERVICES = {"elbv2": "elasticloadbalancing"}
SPECIAL = {("s3", "cp"): "s3:GetObject"}
AGENT = re.compile(r"ssm(messages)?:.*")  # Session Manager's agent calls these, no script does

SCOPE = HostScope(
    stack="dev",
    region="eu-central-1",
    account="123456789012",
    partition="aws",
    bucket_arn="arn:aws:s3:::scripts",
    secret_arns=("arn:aws:secretsmanager:eu-central-1:123456789012:secret:keys",),
    log_group_arn="arn:aws:logs:eu-central-1:123456789012:log-group:hosts",
    user_tag_keys=("team", "cost-center"),
)


def statements(scope: HostScope = SCOPE) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = host_policy(scope)["Statement"]
    return found


def granted() -> set[str]:
    return {action for statement in statements() for action in statement["Action"]}


def called() -> set[str]:
    """The actions behind every ``aws SERVICE VERB`` in the scripts."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(SCRIPTS.rglob("*.sh")))
    calls = set(re.findall(r"\baws ([a-z0-9]+) ([a-z][a-z-]+)", text))
    return {SPECIAL.get((service, verb)) or action(service, verb) for service, verb in calls}


def action(service: str, verb: str) -> str:
    return f"{SERVICES.get(service, service)}:{''.join(word.capitalize() for word in verb.split('-'))}"


def test_every_call_of_the_scripts_is_granted() -> None:
    assert len(called()) > 5
    assert called() <= granted()


def test_nothing_is_granted_that_no_script_calls() -> None:
    assert {name for name in granted() if not AGENT.fullmatch(name)} == called()


def test_only_listed_actions_are_granted_on_everything_each_with_its_reason() -> None:
    unscoped = {name for statement in statements() if statement["Resource"] == "*" for name in statement["Action"]}
    assert unscoped == set(UNSCOPED_ACTIONS)
    assert all(len(reason.split()) > 5 for reason in UNSCOPED_ACTIONS.values())


def test_no_parameter_can_be_read() -> None:
    assert not [name for name in granted() if name.startswith("ssm:GetParameter")]


def test_a_slot_is_attached_only_where_volume_and_instance_both_belong_to_the_stack() -> None:
    attaching = [statement for statement in statements() if "ec2:AttachVolume" in statement["Action"]]
    keys = {statement["Resource"].rpartition(":")[2]: statement["Condition"]["StringEquals"] for statement in attaching}
    assert keys == {
        "volume/*": {"aws:ResourceTag/vllm:cache-pool": "dev"},
        "instance/*": {"aws:ResourceTag/Project": "vllm", "aws:ResourceTag/Stack": "dev"},
    }


def test_tags_are_written_only_on_things_of_the_stack_and_only_with_keys_of_the_user() -> None:
    (writing,) = [statement for statement in statements() if "ec2:CreateTags" in statement["Action"]]
    assert writing["Condition"] == {
        "StringEquals": {"aws:ResourceTag/Project": "vllm", "aws:ResourceTag/Stack": "dev"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["cost-center", "team"]},
    }
    assert {resource.rpartition(":")[2] for resource in writing["Resource"]} == {"volume/*", "network-interface/*"}


def test_without_user_tags_no_tag_can_be_written() -> None:
    untagged = statements(replace(SCOPE, user_tag_keys=()))
    assert not [name for statement in untagged for name in statement["Action"] if "CreateTags" in name]


def test_arns_follow_the_partition_and_region() -> None:
    china = HostScope(**{**vars(SCOPE), "partition": "aws-cn", "region": "cn-north-1"})
    conditional = [statement["Resource"] for statement in statements(china) if "Condition" in statement]
    scoped = [arn for found in conditional for arn in ([found] if isinstance(found, str) else found)]
    assert len(scoped) > 4
    assert all(arn.split(":")[1] == "aws-cn" for arn in scoped)
    assert all(arn.split(":")[3] == "cn-north-1" for arn in scoped)
