"""Rules of composite alarms, as PutCompositeAlarm describes them."""

from __future__ import annotations

import pytest

from rehearsal.aws.cloudwatch.rule import MAX_ALARMS, parse
from rehearsal.aws.cloudwatch.state import State

STATES: dict[str, State] = {"cpu": "ALARM", "disk full": "OK", "new": "INSUFFICIENT_DATA"}
ARN = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:cpu"


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("ALARM(cpu)", True),
        ('ALARM("cpu")', True),
        (f"ALARM({ARN})", True),
        ('OK("disk full")', True),
        ("INSUFFICIENT_DATA(new)", True),
        ('ALARM(cpu) AND ALARM("disk full")', False),
        ('ALARM(cpu) OR ALARM("disk full")', True),
        ("NOT ALARM(cpu)", False),
        ("ALARM(new) AND FALSE OR TRUE", True),
        ("ALARM(new) AND (FALSE OR TRUE)", False),
        ('NOT (ALARM(new) OR ALARM("disk full"))', True),
        ("NOT NOT ALARM(cpu)", True),
    ],
)
def test_rules_hold_or_not(text: str, holds: bool) -> None:
    assert parse(text).holds(STATES) is holds


def test_the_alarms_of_a_rule_are_known_by_name() -> None:
    assert parse(f'ALARM(b) OR ALARM("{ARN}") AND NOT OK(b)').names == ("b", "cpu")


@pytest.mark.parametrize("text", ["", "ALARM(cpu) AND", "ALARM()", "ALARM(cpu) ALARM(new)", "(ALARM(cpu)", "cpu"])
def test_what_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"rule|parenthesis"):
        parse(text)


def test_limits_are_those_of_the_api() -> None:
    many = " OR ".join(f"ALARM(a{number})" for number in range(MAX_ALARMS))
    assert len(parse(many).names) == MAX_ALARMS
    with pytest.raises(ValueError, match="100"):
        parse(f"{many} OR ALARM(one-more)")
    with pytest.raises(ValueError, match="10240"):
        parse(" OR ".join(["TRUE"] * 2000))
