"""What the account notices: data, rights, alarms, money, what the engine refuses, stacks that come and go."""

from __future__ import annotations

import json
from typing import Any

import pytest

from review.compare import review_stack
from review.model import Risk
from tests.review.consequences.told import PLAN, told
from tests.review.graphs import FLEET, TEMPLATE, VOLUME, resource, revision, root, table

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
BUCKET = "aws:s3/bucket:Bucket"
KEY = "aws:kms/key:Key"
LOGS = "aws:cloudwatch/logGroup:LogGroup"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"


def policy(*statements: dict[str, Any], type_: str = ROLE_POLICY) -> dict[str, Any]:
    return resource(type_, "host", {"policy": json.dumps({"Statement": list(statements)})})


def allow(action: Any, target: Any = "arn:x", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": target, **more}


def cost(hourly: float, *findings: dict[str, str], **items: float) -> dict[str, Any]:
    listed = [{"name": name, "hourly_usd": usd} for name, usd in items.items()]
    money = {"hourly_usd": hourly, "monthly_usd": hourly * 730, "items": listed}
    return {**PLAN, "cost": money, "findings": list(findings)}


def test_data_is_lost_or_left_behind() -> None:
    assert told([resource(BUCKET, "b")], [])["data-lost"].risk is Risk.HIGH
    left = told([resource(BUCKET, "b", retainOnDelete=True)], [])
    assert "data-lost" not in left
    assert left["data-left"].text.startswith("`b` stays in the account with its objects")


@pytest.mark.parametrize(
    ("before", "after", "id_"), [(30, 7, "logs-shortened"), (None, 7, "logs-shortened"), (7, 30, "logs-kept-longer")]
)
def test_days_of_logs(before: int | None, after: int, id_: str) -> None:
    old, new = ({"retentionInDays": each} if each else {} for each in (before, after))
    assert id_ in told([resource(LOGS, "l", old)], [resource(LOGS, "l", new)])


def test_rights_are_compared_action_by_action() -> None:
    before = policy(allow(["s3:GetObject", "s3:ListBucket"]))
    assert told([before], [policy(allow("s3:ListBucket"), allow("s3:GetObject"))]).keys() & {"iam-widened"} == set()
    more = told([before], [policy(allow(["s3:GetObject", "s3:ListBucket", "s3:PutObject", "s3:DeleteObject"]))])
    assert more["iam-widened"].text == "IAM: `host` allows: s3:DeleteObject, s3:PutObject on arn:x."
    assert more["iam-widened"].risk is Risk.MEDIUM
    fewer = told([before], [policy(allow("s3:GetObject"))])
    assert "iam-widened" not in fewer
    denied = told(
        [before], [policy(allow(["s3:GetObject", "s3:ListBucket"]), {**allow("s3:*", "*"), "Effect": "Deny"})]
    )
    assert "iam-widened" not in denied


@pytest.mark.parametrize("wide", [allow("s3:*"), allow("*"), allow("s3:GetObject", "*")])
def test_whatever_is_allowed_whole_is_a_high_risk(wide: dict[str, Any]) -> None:
    assert (
        told([policy(allow("s3:ListBucket"))], [policy(allow("s3:ListBucket"), wide)])["iam-widened"].risk is Risk.HIGH
    )


def test_conditions_are_told_of_without_widening() -> None:
    limited = allow("s3:GetObject", Condition={"Bool": {"aws:SecureTransport": "true"}})
    found = told([policy(limited)], [policy(allow("s3:GetObject"))])
    assert found["iam-conditions"].text == "IAM: `host` allows s3:GetObject under other conditions."
    assert "iam-widened" not in found


def test_whom_a_policy_names_counts() -> None:
    first, both = ({"Service": each} for each in ("a.amazonaws.com", ["a.amazonaws.com", "b.amazonaws.com"]))
    topic = "aws:sns/topicPolicy:TopicPolicy"
    found = told(
        [policy(allow("sns:Publish", Principal=first), type_=topic)],
        [policy(allow("sns:Publish", Principal=both), type_=topic)],
    )
    assert found["iam-widened"].text == "IAM: `host` allows: sns:Publish on arn:x to b.amazonaws.com."


def test_a_new_resource_s_own_policy_is_a_low_risk() -> None:
    assert told([], [policy(allow("kms:*", "*"), type_=KEY)])["iam-widened"].risk is Risk.LOW
    assert told([], [policy(allow("kms:*", "*"))])["iam-widened"].risk is Risk.HIGH


def test_alarms_come_go_and_change() -> None:
    before = resource(ALARM, "slow", {"threshold": 5}, replaceOnChanges=[])
    after = resource(ALARM, "slow", {"threshold": 9})
    assert told([before], [after])["alarm-changed"].text == "The alarm `slow`: limit 9 in place of 5."
    assert told([], [after])["alarms-added"].risk is Risk.LOW
    assert told([after], [])["alarms-gone"].risk is Risk.MEDIUM
    silent = resource(ALARM, "slow", {"threshold": 9, "alarmActions": ["arn:topic"]})
    assert told([silent], [after])["alarm-actions"].risk is Risk.MEDIUM


def test_addresses_must_confirm() -> None:
    ada = resource(SUBSCRIPTION, "s", {"endpoint": "ada@example.com"})
    assert "ada@example.com to confirm" in told([], [ada])["to-be-confirmed"].text
    assert told([ada], [])["no-longer-told"].text == "No alarm is told to ada@example.com any more."


@pytest.mark.parametrize(
    ("before", "after", "id_", "risk"),
    [
        (1.0, 1.19, "cost", Risk.LOW),
        (1.0, 1.21, "cost-much-more", Risk.MEDIUM),
        (1.0, 2.5, "cost-much-more", Risk.HIGH),
        (1.0, 0.5, "cost", Risk.NONE),
    ],
)
def test_what_it_costs(before: float, after: float, id_: str, risk: Risk) -> None:
    found = told([], [], plans=(cost(before, instances=before), cost(after, instances=after)))
    assert found[id_].risk is risk
    assert f"instances {(after - before) * 730:+,.0f}" in found[id_].text


def test_a_budget_that_is_passed() -> None:
    over = {"id": "over-budget", "level": "WARNING", "message": "about 800 USD a month is above 700"}
    assert told([], [], plans=(cost(1.0), cost(1.0, over)))["over-budget"].risk is Risk.HIGH
    assert "over-budget" not in told([], [], plans=(cost(1.0, over), cost(1.0, over)))


def test_what_is_no_longer_held_acts() -> None:
    before = resource(TEMPLATE, "host", {"imageId": "ami-1"}, ignoreChanges=["imageId"])
    found = told([before], [resource(TEMPLATE, "host", {"imageId": "ami-1"})])
    assert "`imageId` of `host` was held at what the stack has and is ami-1 from now on" in found["no-longer-held"].text
    assert "no-longer-held" not in told([before], [before])


def test_protection_that_is_taken_off() -> None:
    held, bare = resource(VOLUME, "slot", protect=True), resource(VOLUME, "slot")
    assert told([held], [bare])["unprotected"].risk is Risk.MEDIUM
    assert told([bare], [held]) == {}


def test_what_nobody_can_tell_is_said() -> None:
    found = told([resource(VOLUME, "slot", {"iops": 1})], [resource(VOLUME, "slot", {"iops": 2})])
    assert found["may-replace"].risk is Risk.MEDIUM


def test_a_name_alone_is_no_risk() -> None:
    found = told([resource(FLEET, "old")], [resource(FLEET, "new", aliases=["name=old"])])
    assert found["renamed"].risk is Risk.NONE


def test_stacks_come_and_go() -> None:
    one = revision(root(), resource(VOLUME, "slot", protect=True), plan=PLAN)
    new, gone = review_stack(None, one, table=table()), review_stack(one, None, table=table(), stack="dev")
    assert (new.risk, gone.risk) == (Risk.LOW, Risk.HIGH)
    assert [each.id for each in new.consequences] == ["stack-new"]
    assert "730 USD a month" in new.consequences[0].text
    assert "1 protected resource would stay." in gone.consequences[0].text
    assert (new.monthly_usd, gone.monthly_usd, gone.stack) == ((None, 730.0), (730.0, None), "dev")
    assert gone.changes == ()
