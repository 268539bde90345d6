"""The checks of alarms: what rings, what is switched off, and who hears it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.doctor.checks.alarms import ALARMS, NOTIFICATIONS
from tests.ops.alarm_stack import ADDRESS, GPU, LAUNCH_RULE, SLOW, AlarmStack, alarm_stack
from tests.ops.doctor.clinic import Clinic
from tests.ops.doctor.looking import look, only


def made(clinic: Clinic, *, told: str | None = ADDRESS) -> AlarmStack:
    stack = alarm_stack(clinic.cloud.aws)
    if told:
        clinic.cloud.aws.client("sns").subscribe(TopicArn=stack.topic_arn, Protocol="email", Endpoint=told)
    return stack


def with_notify(clinic: Clinic, outputs: Mapping[str, Any], *notify: str) -> Any:
    return clinic.case(outputs=outputs, monitoring={"notify": list(notify)})


def test_a_quiet_stack(clinic: Clinic) -> None:
    case = clinic.case(outputs=made(clinic).outputs)
    assert only(ALARMS, case).level == "ok"
    assert only(NOTIFICATIONS, case).seen == f"{ADDRESS} is told"


def test_what_rings_is_as_bad_as_its_severity(clinic: Clinic) -> None:
    stack = made(clinic)
    stack.ring(SLOW, "slow")
    stack.ring(GPU, "Xid  79")
    found = {finding.fix: finding for finding in look(ALARMS, clinic.case(outputs=stack.outputs))}
    assert {fix: finding.level for fix, finding in found.items()} == {
        "docs/runbook.md#gpu-xid": "error",
        "docs/runbook.md#slow-first-token": "warning",
    }
    assert found["docs/runbook.md#gpu-xid"].seen == "gpu-xid rings: Xid 79"


def test_what_is_switched_off_is_switched_on_by_a_command(clinic: Clinic) -> None:
    stack = made(clinic)
    stack.cloudwatch.disable_alarm_actions(AlarmNames=[GPU])
    clinic.cloud.aws.client("events").disable_rule(Name=LAUNCH_RULE)
    fixes = [finding.fix for finding in look(ALARMS, clinic.case(outputs=stack.outputs)) if finding.level == "warning"]
    assert fixes == [
        f"aws cloudwatch enable-alarm-actions --region us-east-1 --alarm-names {GPU}",
        f"aws events enable-rule --region us-east-1 --name {LAUNCH_RULE}",
    ]


def test_nobody_who_has_confirmed_is_an_error_and_somebody_a_warning(clinic: Clinic) -> None:
    stack = made(clinic)
    clinic.unconfirm()
    finding = only(NOTIFICATIONS, clinic.case(outputs=stack.outputs))
    assert (finding.level, "nobody hears an alarm" in finding.seen) == ("error", True)
    assert f"--protocol email --notification-endpoint {ADDRESS} --region us-east-1" in finding.fix
    clinic.cloud.aws.client("sns").subscribe(TopicArn=stack.topic_arn, Protocol="email", Endpoint="b@example.com")
    finding = only(NOTIFICATIONS, with_notify(clinic, stack.outputs, ADDRESS, "b@example.com"))
    assert (finding.level, finding.seen) == ("warning", f"{ADDRESS} has not confirmed")


def test_one_whose_subscription_is_gone(clinic: Clinic) -> None:
    stack = made(clinic)
    found = look(NOTIFICATIONS, with_notify(clinic, stack.outputs, ADDRESS, "b@example.com"))
    assert [(finding.level, finding.fix) for finding in found] == [("warning", "pulumi up --stack dev --refresh")]


def test_nobody_at_all(clinic: Clinic) -> None:
    finding = only(NOTIFICATIONS, with_notify(clinic, made(clinic, told=None).outputs))
    assert (finding.level, finding.seen) == ("warning", "nobody is told of alarms")
