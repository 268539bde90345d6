"""The life of a stack on the real engine that is watched in each way that there is: by Amazon's managed Prometheus and
one of the user's, by a budget, and encrypted with a key of its own, whose policy decides who hears of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.aws.calls import Call
from rehearsal.aws.server import EmulatedAws
from rehearsal.engine.events import Run
from rehearsal.engine.rig import Rig
from rehearsal.engine.stack import Held
from tests.e2e.observed import Snapshot, look
from tests.e2e.opened import opened
from tests.program.cases import VARIANTS, merged, values_of

WATCHED = "watched"
ASKED = VARIANTS[WATCHED]
MONITORING: Mapping[str, Any] = ASKED["vllm:monitoring"]
SCRAPERS = frozenset(MONITORING["scrapeFrom"])
NOTIFY: Sequence[str] = MONITORING["notify"]


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """What AWS holds for Prometheus. ``rules`` and ``definition``: the texts; ``scrapers``: who may read port 9400;
    ``policy``: of the topic."""

    described: Mapping[str, Any]
    rules: str
    definition: str
    scrapers: frozenset[str]
    policy: str


@dataclass(frozen=True, kw_only=True)
class Guarded:
    """What AWS holds of the key and the budget. ``used``: the key of each thing that keeps data. ``heard``: messages
    that reached the topic when an alarm rang; ``alerts``: percentage and addresses of each mail of the budget."""

    key: Mapping[str, Any]
    rotates: bool
    used: Mapping[str, str | None]
    heard: int
    budget: Mapping[str, Any]
    alerts: Mapping[tuple[str, float], tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class WatchedLife:
    """In the order in which it happened. ``limit``: a preview after a threshold was set, ``off``: one without any
    Prometheus. ``left``: what the account holds at the end that it did not hold before; ``key_at_end``: its state."""

    up: Run
    first: Snapshot
    workspace: Workspace
    guarded: Guarded
    second_up: Run
    refresh: Run
    limit: Run
    off: Run
    destroy: Run
    held: tuple[Held, ...]
    left: frozenset[str]
    workspaces_left: int
    key_at_end: str
    calls: tuple[Call, ...]


def live_watched(*, rig: Rig, environ: Mapping[str, str]) -> WatchedLife:
    """Live it: the dev stack, watched."""
    values = merged(values_of("dev"), ASKED)
    with opened(stack="dev", values=values, rig=rig, environ=environ) as stack:
        aws, engine = stack.aws, stack.engine
        up = engine.up()
        outputs = engine.outputs()
        first, workspace = look(aws, outputs=outputs), look_at_prometheus(aws, outputs=outputs)
        guarded = look_at_guards(aws, outputs=outputs)
        second_up, refresh = engine.up(), engine.refresh()
        engine.edit_config(lambda asked: asked["vllm:monitoring"].update(thresholds={"requests-waiting": 33}))
        limit = engine.preview()
        engine.edit_config(lambda asked: asked.update({"vllm:monitoring": {"notify": list(NOTIFY)}}))
        off = engine.preview()
        destroy = engine.destroy(exclude_protected=True)
        return WatchedLife(
            up=up,
            first=first,
            workspace=workspace,
            guarded=guarded,
            second_up=second_up,
            refresh=refresh,
            limit=limit,
            off=off,
            destroy=destroy,
            held=engine.resources(),
            left=stack.left(),
            key_at_end=_key_of(aws, outputs["encryption_key_arn"])["KeyState"],
            workspaces_left=len(aws.client("amp").list_workspaces()["workspaces"]),
            calls=aws.calls,
        )


def look_at_prometheus(aws: EmulatedAws, *, outputs: Mapping[str, Any]) -> Workspace:
    amp = aws.client("amp")
    (found,) = amp.list_workspaces()["workspaces"]
    id_ = found["workspaceId"]
    (namespace,) = amp.list_rule_groups_namespaces(workspaceId=id_)["ruleGroupsNamespaces"]
    rules = amp.describe_rule_groups_namespace(workspaceId=id_, name=namespace["name"])["ruleGroupsNamespace"]["data"]
    definition = amp.describe_alert_manager_definition(workspaceId=id_)["alertManagerDefinition"]["data"]
    found_rules = aws.client("ec2").describe_security_group_rules()["SecurityGroupRules"]
    policy = aws.client("sns").get_topic_attributes(TopicArn=outputs["alarm_topic_arn"])["Attributes"]["Policy"]
    return Workspace(
        described=amp.describe_workspace(workspaceId=id_)["workspace"],
        rules=rules.decode(),
        definition=definition.decode(),
        scrapers=frozenset(_source(rule) for rule in found_rules if rule.get("FromPort") == 9400),
        policy=policy,
    )


def look_at_guards(aws: EmulatedAws, *, outputs: Mapping[str, Any]) -> Guarded:
    arn, account = outputs["encryption_key_arn"], aws.client("sts").get_caller_identity()["Account"]
    budgets = aws.client("budgets")
    (budget,) = budgets.describe_budgets(AccountId=account)["Budgets"]
    one = {"AccountId": account, "BudgetName": budget["BudgetName"]}
    alerts = {
        (found["NotificationType"], found["Threshold"]): tuple(
            subscriber["Address"]
            for subscriber in budgets.describe_subscribers_for_notification(**one, Notification=found)["Subscribers"]
        )
        for found in budgets.describe_notifications_for_budget(**one)["Notifications"]
    }
    return Guarded(
        key=_key_of(aws, arn),
        rotates=aws.client("kms").get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"],
        used=_keys_in_use(aws, outputs),
        heard=_ring(aws),
        budget=budget,
        alerts=alerts,
    )


def _key_of(aws: EmulatedAws, arn: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = aws.client("kms").describe_key(KeyId=arn)["KeyMetadata"]
    return found


def _keys_in_use(aws: EmulatedAws, outputs: Mapping[str, Any]) -> Mapping[str, str | None]:
    secrets, ec2 = aws.client("secretsmanager"), aws.client("ec2")
    topic = aws.client("sns").get_topic_attributes(TopicArn=outputs["alarm_topic_arn"])["Attributes"]
    bucket = aws.client("s3").get_bucket_encryption(Bucket=outputs["scripts_bucket"])
    (rule,) = bucket["ServerSideEncryptionConfiguration"]["Rules"]
    (template,) = ec2.describe_launch_template_versions(Versions=["$Latest"])["LaunchTemplateVersions"]
    (disk,) = template["LaunchTemplateData"]["BlockDeviceMappings"]
    (group,) = aws.client("logs").describe_log_groups(logGroupNamePrefix=outputs["log_group"])["logGroups"]
    volumes = ec2.describe_volumes(VolumeIds=outputs["cache_volume_ids"])["Volumes"]
    return {
        **{volume["VolumeId"]: volume.get("KmsKeyId") for volume in volumes},
        "root volume": disk["Ebs"].get("KmsKeyId"),
        "logs": group.get("kmsKeyId"),
        "API keys": secrets.describe_secret(SecretId=outputs["api_keys_secret_arn"]).get("KmsKeyId"),
        "token": secrets.describe_secret(SecretId=outputs["hf_token_secret_arn"]).get("KmsKeyId"),
        "topic": topic.get("KmsMasterKeyId"),
        "scripts": rule["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID"),
    }


def _ring(aws: EmulatedAws) -> int:
    """Messages of one alarm that rings."""
    alarms, before = aws.client("cloudwatch"), len(aws.messages)
    found = alarms.describe_alarms(AlarmTypes=["MetricAlarm"])["MetricAlarms"]
    name = next(alarm["AlarmName"] for alarm in found if alarm.get("AlarmActions"))
    alarms.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
    rung = len(aws.messages) - before
    alarms.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="a test")
    return rung


def _source(rule: Mapping[str, Any]) -> str:
    group = rule.get("ReferencedGroupInfo") or {}
    return str(group.get("GroupId") or rule["CidrIpv4"])
