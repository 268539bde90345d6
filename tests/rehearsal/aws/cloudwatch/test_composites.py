"""Composite alarms, and the one that silences them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.rehearsal.aws.cloudwatch.watched import Watched

QUIET: dict[str, Any] = {"AlarmActions": [], "OKActions": []}


def composite(watched: Watched, name: str, rule: str, **more: Any) -> None:
    given = {"AlarmName": name, "AlarmRule": rule, "AlarmActions": [watched.topic], "OKActions": [watched.topic]}
    watched.cloudwatch.put_composite_alarm(**(given | more))


@pytest.fixture
def outage(watched: Watched) -> Watched:
    """``errors`` is a consequence of ``down``: told by itself, and not while ``down`` rings."""
    for name in ("host", "errors"):
        watched.alarm(name, **QUIET)
    composite(watched, "down", "ALARM(host)")
    composite(
        watched,
        "errors-told",
        "ALARM(errors)",
        ActionsSuppressor="down",
        ActionsSuppressorWaitPeriod=180,
        ActionsSuppressorExtensionPeriod=180,
    )
    for _ in range(4):
        watched.minute()
    assert watched.told() == [("down", "OK"), ("errors-told", "OK")]
    return watched


def bad(watched: Watched, *names: str, minutes: int = 1) -> None:
    for _ in range(minutes):
        for name in names:
            watched.put(name, 50)
        watched.minute()


def test_it_follows_its_children(watched: Watched) -> None:
    watched.alarm("a", **QUIET)
    watched.alarm("b", **QUIET)
    composite(watched, "both", 'ALARM("a") AND ALARM("b")')
    watched.minute()
    bad(watched, "a")
    assert watched.state("both") == "OK"
    bad(watched, "a", "b")
    assert watched.state("both") == "ALARM"
    assert watched.told() == [("both", "OK"), ("both", "ALARM")]


def test_an_outage_is_one_message(outage: Watched) -> None:
    bad(outage, "host", "errors", minutes=6)
    assert outage.state("errors-told") == "ALARM"
    assert outage.told()[2:] == [("down", "ALARM")]
    (shown,) = outage.cloudwatch.describe_alarms(AlarmNames=["errors-told"], AlarmTypes=["CompositeAlarm"])[
        "CompositeAlarms"
    ]
    assert shown["ActionsSuppressedBy"] == "Alarm"


def test_a_consequence_without_its_cause_is_told_after_the_wait(outage: Watched) -> None:
    bad(outage, "errors", minutes=3)
    assert outage.told()[2:] == []
    bad(outage, "errors")
    assert outage.told()[2:] == [("errors-told", "ALARM")]


def test_a_cause_within_the_wait_is_told_instead(outage: Watched) -> None:
    bad(outage, "errors", minutes=2)
    bad(outage, "errors", "host", minutes=5)
    assert outage.told()[2:] == [("down", "ALARM")]


def test_a_consequence_that_stays_is_told_after_the_extension(outage: Watched) -> None:
    bad(outage, "errors", "host", minutes=3)
    outage.put("host", 1)
    bad(outage, "errors")
    assert outage.told()[2:] == [("down", "ALARM"), ("down", "OK")]
    bad(outage, "errors", minutes=3)
    assert outage.told()[4:] == [("errors-told", "ALARM")]


def test_the_end_of_a_consequence_is_told_although_its_begin_was_not(outage: Watched) -> None:
    """So a consequence that shall not be heard of has no action for OK."""
    bad(outage, "errors", "host", minutes=3)
    for _ in range(8):
        outage.put("host", 1)
        outage.put("errors", 1)
        outage.minute()
    assert outage.told()[2:] == [("down", "ALARM"), ("down", "OK"), ("errors-told", "OK")]


def test_a_state_that_is_set_lasts_until_a_child_changes(watched: Watched) -> None:
    watched.alarm("a", **QUIET)
    composite(watched, "c", "ALARM(a)")
    watched.minute()
    watched.cloudwatch.set_alarm_state(AlarmName="c", StateValue="ALARM", StateReason="a test")
    watched.minute()
    assert watched.state("c") == "ALARM"
    assert watched.told() == [("c", "OK"), ("c", "ALARM")]
    bad(watched, "a")
    watched.put("a", 1)
    watched.minute()
    assert watched.state("c") == "OK"


def test_only_who_asks_for_composites_gets_them(watched: Watched) -> None:
    watched.alarm("a")
    composite(watched, "c", "ALARM(a)", Tags=[{"Key": "k", "Value": "v"}])
    both = watched.cloudwatch.describe_alarms()
    assert [each["AlarmName"] for each in both["MetricAlarms"]] == ["a"]
    assert both["CompositeAlarms"] == []
    (shown,) = watched.cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert (shown["AlarmName"], shown["AlarmRule"], shown["AlarmActions"]) == ("c", "ALARM(a)", [watched.topic])
    assert watched.cloudwatch.list_tags_for_resource(ResourceARN=shown["AlarmArn"])["Tags"] == [
        {"Key": "k", "Value": "v"}
    ]


@pytest.mark.parametrize(
    ("rule", "more"),
    [
        ("ALARM(unknown)", {}),
        ("ALARM(a) AND", {}),
        ("ALARM(a)", {"ActionsSuppressor": "unknown", "ActionsSuppressorWaitPeriod": 1}),
        ("ALARM(a)", {"ActionsSuppressor": "a", "ActionsSuppressorWaitPeriod": 1}),
    ],
)
def test_what_cloudwatch_refuses(watched: Watched, rule: str, more: dict[str, Any]) -> None:
    watched.alarm("a")
    with pytest.raises(ClientError, match="ValidationError"):
        composite(watched, "c", rule, **more)
    assert watched.cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"] == []


def test_what_a_composite_needs_cannot_be_deleted_before_it(outage: Watched) -> None:
    for name in ("host", "down"):
        with pytest.raises(ClientError, match="depending on it"):
            outage.cloudwatch.delete_alarms(AlarmNames=[name])
    with pytest.raises(ClientError, match="At most one composite"):
        outage.cloudwatch.delete_alarms(AlarmNames=["errors-told", "down"])
    for name in ("errors-told", "down", "host"):
        outage.cloudwatch.delete_alarms(AlarmNames=[name])


def test_an_update_is_judged_by_its_new_rule(watched: Watched) -> None:
    watched.alarm("a", **QUIET)
    composite(watched, "c", "ALARM(a)")
    watched.minute()
    assert watched.state("c") == "OK"
    composite(watched, "c", "NOT ALARM(a)")
    watched.minute()
    assert watched.state("c") == "ALARM"
