"""Who is told when something is wrong, and where to look: topic, alarms, event rules, dashboard."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.aws.metric_alarm import condition_arguments
from components.aws.naming import Tags, composite_name, dashboard_name
from monitoring.alarms import Alarm, EventRule, event_rules, metric_alarms, with_capacity_tried
from monitoring.composites import SUPPRESSOR_WAIT_S, Composite, composite_alarms
from monitoring.conditions import Metric
from monitoring.dashboard import Drawn, dashboard_body
from monitoring.facts import Facts
from monitoring.identifiers import Identifiers
from monitoring.lines import Prices
from monitoring.scaling import SHOWS_A_BAD_VERSION, alarm_name, marks
from monitoring.table.launches import NO_CAPACITY
from sizing.fleet_plan import ScalingPlan
from userdata.options import boot_loop_alarm

BOOT_LOOP_ID = "boot-loop"


@dataclass(frozen=True, kw_only=True)
class AlarmsArgs:
    """``notify`` are e-mail addresses; each must confirm its subscription. ``thresholds``: alarm id -> value.

    ``certificate_arn``: of the endpoint, where it has one; ``workspace_arn``: of Amazon Managed Service for Prometheus,
    whose alerts go to the same topic. ``kms_key_arn``: of the key that the topic is encrypted with. ``host_types`` and
    ``zones``: what machines the group asks for, and where.
    """

    stack: str
    region: str
    account: str
    notify: Sequence[str]
    thresholds: Mapping[str, float]
    facts: Facts
    prices: Prices | None
    load_balancer_dimension: pulumi.Input[str]
    target_group_dimension: pulumi.Input[str]
    group_name: pulumi.Input[str]
    certificate_arn: pulumi.Input[str] | None
    tags: Tags
    host_types: Sequence[str]
    zones: pulumi.Input[Sequence[str]]
    scaling: ScalingPlan | None = None
    workspace_arn: pulumi.Input[str] | None = None
    kms_key_arn: pulumi.Input[str] | None = None


class Alarms(pulumi.ComponentResource):
    """Everything of monitoring/table, told to one SNS topic, and a dashboard."""

    topic_arn: pulumi.Output[str]
    dashboard_url: pulumi.Output[str]

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:Alarms", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        # Apart: until a certificate is issued its ARN is unknown, and so is all that is made with it.
        self._identifiers = self._known_as(certificate=None)
        self._with_certificate = self._known_as(certificate=args.certificate_arn)
        self._topic = self._build_topic()
        self._alarms = metric_alarms(stack=args.stack, facts=args.facts, thresholds=args.thresholds)
        alarms = {alarm.id: self._build_alarm(alarm) for alarm in self._alarms}
        speakers = self._build_composites(alarms)
        for rule in event_rules(stack=args.stack):
            self._build_event_rule(rule)
        dashboard = self._build_dashboard([*alarms.values(), *speakers])
        self.topic_arn = self._topic.arn
        self.dashboard_url = dashboard.dashboard_name.apply(
            lambda shown: dashboard_link(name=shown, region=args.region)
        )
        self.register_outputs({"topic_arn": self.topic_arn, "dashboard_url": self.dashboard_url})

    def _known_as(self, *, certificate: pulumi.Input[str] | None) -> pulumi.Output[Identifiers]:
        args = self._args
        return pulumi.Output.all(
            args.load_balancer_dimension, args.target_group_dimension, args.group_name, certificate
        ).apply(
            lambda ids: Identifiers(
                stack=args.stack, load_balancer=ids[0], target_group=ids[1], group=ids[2], certificate=ids[3]
            )
        )

    def _build_topic(self) -> aws.sns.Topic:
        # Not encrypted with alias/aws/sns: alarms cannot publish to a topic under that key, and nobody notices.
        topic = aws.sns.Topic(
            "vllm-alarms",
            kms_master_key_id=self._args.kms_key_arn,
            tags=self._args.tags.named("alarms"),
            opts=self._child,
        )
        aws.sns.TopicPolicy(
            "vllm-alarms",
            arn=topic.arn,
            policy=pulumi.Output.all(topic.arn, self._args.workspace_arn).apply(
                lambda arns: json.dumps(
                    topic_policy(topic_arn=arns[0], account=self._args.account, workspace_arn=arns[1])
                )
            ),
            opts=self._child,
        )
        for index, address in enumerate(self._args.notify):
            aws.sns.TopicSubscription(
                f"vllm-alarms-{index}", topic=topic.arn, protocol="email", endpoint=address, opts=self._child
            )
        return topic

    def _build_alarm(self, alarm: Alarm) -> aws.cloudwatch.MetricAlarm:
        of_certificate = isinstance(alarm.metric, Metric) and alarm.metric.scope == "certificate"
        identifiers = self._with_certificate if of_certificate else self._identifiers
        arguments = {**condition_arguments(alarm, identifiers), "alarm_description": self._description(alarm)}
        return aws.cloudwatch.MetricAlarm(
            f"vllm-{alarm.id}",
            name=self._known_name(alarm.id),
            alarm_actions=[self._topic.arn] if alarm.tells else None,
            ok_actions=[self._topic.arn] if alarm.tells else None,
            tags=self._args.tags.named(alarm.id),
            opts=self._child,
            **arguments,
        )

    def _description(self, alarm: Alarm) -> pulumi.Input[str]:
        if alarm.id != NO_CAPACITY:
            return alarm.description
        types = self._args.host_types
        return pulumi.Output.from_input(self._args.zones).apply(
            lambda zones: with_capacity_tried(alarm.description, types=types, zones=zones)
        )

    def _known_name(self, id_: str) -> str | None:
        """Of an alarm that hosts set, or that the group's refresh listens to, before it exists."""
        if id_ == BOOT_LOOP_ID:
            return boot_loop_alarm(self._args.stack)
        return alarm_name(stack=self._args.stack, id=id_) if id_ in SHOWS_A_BAD_VERSION else None

    def _build_composites(
        self, alarms: Mapping[str, aws.cloudwatch.MetricAlarm]
    ) -> Sequence[aws.cloudwatch.CompositeAlarm]:
        """Those that say more than the alarm that they pass on."""
        names: dict[str, pulumi.Output[str]] = {id_: alarm.name for id_, alarm in alarms.items()}
        speakers = []
        for composite in composite_alarms(stack=self._args.stack, facts=self._args.facts):
            built = self._build_composite(composite, names)
            names[composite.id] = built.alarm_name
            if composite.suppressor is None:
                speakers.append(built)
        return speakers

    def _build_composite(
        self, composite: Composite, names: Mapping[str, pulumi.Output[str]]
    ) -> aws.cloudwatch.CompositeAlarm:
        parts = pulumi.Output.all(*(names[part] for part in composite.any_of))
        return aws.cloudwatch.CompositeAlarm(
            f"vllm-{composite.id}",
            alarm_name=composite_name(stack=self._args.stack, id=composite.id),
            alarm_description=composite.description,
            alarm_rule=parts.apply(lambda known: " OR ".join(f'ALARM("{name}")' for name in known)),
            actions_suppressor=None
            if composite.suppressor is None
            else aws.cloudwatch.CompositeAlarmActionsSuppressorArgs(
                alarm=names[composite.suppressor],
                wait_period=SUPPRESSOR_WAIT_S,
                extension_period=SUPPRESSOR_WAIT_S,
            ),
            alarm_actions=[self._topic.arn],
            ok_actions=[self._topic.arn],
            tags=self._args.tags.named(composite.id),
            opts=self._child,
        )

    def _build_event_rule(self, rule: EventRule) -> None:
        name = f"vllm-{rule.id}"
        event_rule = aws.cloudwatch.EventRule(
            name,
            description=rule.description[:_RULE_DESCRIPTION_MAX_LENGTH],
            event_pattern=pulumi.Output.from_input(self._args.group_name).apply(
                lambda group: json.dumps(event_pattern(rule, group=group))
            ),
            tags=self._args.tags.named(rule.id),
            opts=self._child,
        )
        aws.cloudwatch.EventTarget(
            name,
            rule=event_rule.name,
            arn=self._topic.arn,
            input_transformer=_message(rule),
            opts=self._child,
        )

    def _build_dashboard(
        self, alarms: Sequence[aws.cloudwatch.MetricAlarm | aws.cloudwatch.CompositeAlarm]
    ) -> aws.cloudwatch.Dashboard:
        args = self._args
        drawn = (*self._alarms, *marks(args.scaling))
        body = pulumi.Output.all(self._with_certificate, *(alarm.arn for alarm in alarms)).apply(
            lambda known: json.dumps(
                dashboard_body(
                    Drawn(region=args.region, identifiers=known[0], alarms=drawn, prices=args.prices),
                    alarm_arns=known[1:],
                )
            )
        )
        return aws.cloudwatch.Dashboard(
            "vllm",
            dashboard_name=dashboard_name(stack=args.stack, region=args.region),
            dashboard_body=body,
            opts=self._child,
        )


_RULE_DESCRIPTION_MAX_LENGTH = 512  # PutRule


def event_pattern(rule: EventRule, *, group: str) -> dict[str, Any]:
    """Which events of the account's default bus the rule takes."""
    detail: dict[str, Any] = {"AutoScalingGroupName": [group]}
    if rule.cause is not None and rule.unless:
        wildcards = [f"*{text}*" for text in rule.unless]
        detail[rule.cause.rpartition(".")[2]] = [{"anything-but": {"wildcard": wildcards}}]
    return {"source": [rule.source], "detail-type": [rule.detail_type], "detail": detail}


def _message(rule: EventRule) -> aws.cloudwatch.EventTargetInputTransformerArgs:
    paths = {"group": "$.detail.AutoScalingGroupName"} | ({"cause": rule.cause} if rule.cause else {})
    values = " ".join(f"{name.capitalize()}: <{name}>." for name in paths)
    return aws.cloudwatch.EventTargetInputTransformerArgs(
        input_paths=paths, input_template=json.dumps(f"{rule.description} {values}")
    )


def topic_policy(*, topic_arn: str, account: str, workspace_arn: str | None = None) -> dict[str, Any]:
    """Only this account's alarms, EventBridge and the one workspace for Prometheus may publish.

    EventBridge without a condition: it sends no condition context to SNS ("You can't use Condition blocks in Amazon SNS
    topic policies for EventBridge", EventBridge user guide), so one would drop every message in silence.
    """
    publish = {"Effect": "Allow", "Action": "sns:Publish", "Resource": topic_arn}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Alarms",
                **publish,
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Condition": {"StringEquals": {"aws:SourceAccount": account}},
            },
            {"Sid": "Events", **publish, "Principal": {"Service": "events.amazonaws.com"}},
            *([] if workspace_arn is None else [_alerts(publish, account=account, workspace_arn=workspace_arn)]),
        ],
    }


def _alerts(publish: Mapping[str, Any], *, account: str, workspace_arn: str) -> dict[str, Any]:
    # "Giving Amazon Managed Service for Prometheus permission to send alert messages to your Amazon SNS topic".
    return {
        "Sid": "Alerts",
        **publish,
        "Action": ["sns:Publish", "sns:GetTopicAttributes"],
        "Principal": {"Service": "aps.amazonaws.com"},
        "Condition": {
            "ArnEquals": {"aws:SourceArn": workspace_arn},
            "StringEquals": {"aws:SourceAccount": account},
        },
    }


def dashboard_link(*, name: str, region: str) -> str:
    """Where a browser finds the dashboard."""
    return f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#dashboards/dashboard/{name}"
