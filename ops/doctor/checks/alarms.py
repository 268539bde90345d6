"""The stack's alarms: which ring, which are switched off, and whether somebody hears them."""

from __future__ import annotations

from collections.abc import Iterator

from ops.alarms_seen import severity_of
from ops.doctor.case import Case
from ops.doctor.check import Check
from ops.doctor.model import Finding, error, ok, warning
from ops.stack_alarms import StackAlarms, Subscriber


def _of(case: Case) -> StackAlarms:
    return StackAlarms(
        cloudwatch=case.client("cloudwatch"),
        sns=case.client("sns"),
        events=case.client("events"),
        stack=case.config.stack,
        topic_arn=case.deployed.output("alarm_topic_arn"),
    )


def _alarms(case: Case) -> Iterator[Finding]:
    watched = _of(case).watched()
    region = case.config.region
    rings = [alarm for alarm in watched.shown if alarm.rings]
    for alarm in rings:
        level = error if severity_of(alarm.id) == "critical" else warning
        yield level(f"{alarm.id} rings: {' '.join(alarm.reason.split())}", fix=f"docs/runbook.md#{alarm.id}")
    off = sorted(alarm.name for alarm in watched.alarms if alarm.acts and not alarm.acting_enabled)
    if off:
        yield warning(
            f"the actions of {', '.join(off)} are switched off: nobody is told",
            fix=f"aws cloudwatch enable-alarm-actions --region {region} --alarm-names {' '.join(off)}",
        )
    for rule in watched.rules:
        if not rule.enabled:
            yield warning(
                f"the rule {rule.id} is switched off: nobody is told",
                fix=f"aws events enable-rule --region {region} --name {rule.name}",
            )
    if not rings:
        yield ok(f"none of {len(watched.shown)} alarms rings")


def _notifications(case: Case) -> Iterator[Finding]:
    stack = _of(case)
    subscribers = stack.subscribers()
    wanted = case.config.monitoring.notify
    missing = sorted(set(wanted) - {each.endpoint for each in subscribers})
    waiting = [each for each in subscribers if not each.confirmed]
    heard = [each for each in subscribers if each.confirmed]
    if missing:
        yield warning(
            f"{', '.join(missing)} has no subscription (any more)",
            fix=f"pulumi up --stack {case.config.stack} --refresh",
        )
    if waiting:
        level = warning if heard else error
        nobody = "" if heard else ": nobody hears an alarm"
        yield level(f"{_names(waiting)} has not confirmed{nobody}", fix=_again(case, waiting, topic=stack.topic_arn))
    if not subscribers and not wanted:
        yield warning("nobody is told of alarms", fix="vllm:monitoring: {notify: [you@example.com]}, then pulumi up")
    elif heard and not waiting and not missing:
        yield ok(f"{_names(heard)} is told")


def _again(case: Case, waiting: list[Subscriber], *, topic: str) -> str:
    """A link is good for two days (SNS, ConfirmSubscription); subscribing again sends another."""
    first = waiting[0]
    return (
        "the link in AWS's mail (also in the spam folder), or for another one: aws sns subscribe "
        f"--topic-arn {topic} --protocol {first.protocol} --notification-endpoint {first.endpoint} "
        f"--region {case.config.region}"
    )


def _names(subscribers: list[Subscriber]) -> str:
    return ", ".join(each.endpoint for each in subscribers)


ALARMS = Check(
    id="alarms",
    asks="Does an alarm ring, or is one switched off?",
    look=_alarms,
    needs="deployed",
    calls=("cloudwatch:DescribeAlarms", "events:ListRuleNamesByTarget", "events:DescribeRule"),
)
NOTIFICATIONS = Check(
    id="notifications",
    asks="Has everybody confirmed who is to be told of alarms?",
    look=_notifications,
    needs="deployed",
    calls=("sns:ListSubscriptionsByTopic",),
)
