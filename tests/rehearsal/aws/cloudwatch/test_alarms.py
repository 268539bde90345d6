"""A metric alarm from its making to its messages."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws.cloudwatch.alarms import NotJudgedError
from tests.rehearsal.aws.cloudwatch.watched import DIMENSIONS, Watched


def test_an_alarm_begins_without_data_and_is_ok_when_looked_at(watched: Watched) -> None:
    watched.alarm("queue")
    assert watched.state("queue") == "INSUFFICIENT_DATA"
    watched.minute()
    assert watched.state("queue") == "OK"


def test_it_rings_tells_the_topic_and_ends(watched: Watched) -> None:
    watched.alarm("queue", AlarmDescription="why")
    watched.minute()
    watched.put("queue", 11)
    watched.minute()
    assert watched.state("queue") == "ALARM"
    for _ in range(2):
        watched.put("queue", 2)
        watched.minute()
    assert watched.state("queue") == "OK"
    assert watched.told() == [("queue", "OK"), ("queue", "ALARM"), ("queue", "OK")]
    message = watched.aws.messages[1]
    assert message.topic_arn == watched.topic
    assert message.subject == 'ALARM: "queue" in us-east-1'
    body = json.loads(message.body)
    assert body["AlarmDescription"] == "why"
    assert body["Trigger"]["MetricName"] == "queue"


def test_nothing_happens_unless_the_state_changes(watched: Watched) -> None:
    watched.alarm("queue")
    for _ in range(4):
        watched.put("queue", 50)
        watched.minute()
    assert watched.told() == [("queue", "ALARM")]


def test_actions_that_are_off_tell_nobody(watched: Watched) -> None:
    watched.alarm("queue", ActionsEnabled=False)
    watched.put("queue", 50)
    watched.minute()
    assert watched.state("queue") == "ALARM"
    assert watched.told() == []


def test_an_update_leaves_the_state(watched: Watched) -> None:
    watched.alarm("queue")
    watched.put("queue", 50)
    watched.minute()
    watched.alarm("queue", Threshold=20)
    assert watched.state("queue") == "ALARM"
    watched.alarm("queue", Threshold=60)
    watched.minute()
    assert watched.state("queue") == "OK"


def test_a_state_that_is_set_tells_and_lasts_until_the_next_look(watched: Watched) -> None:
    watched.alarm("queue")
    watched.minute()
    watched.cloudwatch.set_alarm_state(AlarmName="queue", StateValue="ALARM", StateReason="a test")
    watched.cloudwatch.set_alarm_state(AlarmName="queue", StateValue="ALARM", StateReason="again")
    assert watched.told()[1:] == [("queue", "ALARM")]
    watched.minute()
    assert watched.told()[1:] == [("queue", "ALARM"), ("queue", "OK")]


def test_history_has_states_and_actions_newest_first(watched: Watched) -> None:
    watched.alarm("queue", AlarmActions=[watched.topic, f"{watched.topic}-gone"])
    watched.alarm("other")
    watched.put("queue", 50)
    watched.minute()
    items = watched.cloudwatch.describe_alarm_history(AlarmName="queue")["AlarmHistoryItems"]
    kinds = [item["HistoryItemType"] for item in items]
    assert kinds == ["Action", "Action", "StateUpdate", "ConfigurationUpdate"]
    summaries = [item["HistorySummary"] for item in items]
    assert summaries[0].startswith(f"Failed to execute action {watched.topic}-gone")
    assert summaries[1] == f"Successfully executed action {watched.topic}"
    assert summaries[2] == "Alarm updated from INSUFFICIENT_DATA to ALARM"
    updates = watched.cloudwatch.describe_alarm_history(HistoryItemType="StateUpdate", AlarmName="queue")
    assert len(updates["AlarmHistoryItems"]) == 1
    watched.cloudwatch.delete_alarms(AlarmNames=["queue"])
    assert watched.cloudwatch.describe_alarm_history(AlarmName="queue")["AlarmHistoryItems"] == items


def test_a_metric_of_another_unit_is_not_looked_at(watched: Watched) -> None:
    watched.alarm("queue", Unit="Count")
    watched.put("queue", 50, Unit="Seconds")
    watched.minute()
    assert watched.state("queue") == "OK"
    watched.put("queue", 50, Unit="Count")
    watched.minute()
    assert watched.state("queue") == "ALARM"


@pytest.mark.parametrize(
    "given",
    [
        {"Period": 45},
        {"Period": 300, "EvaluationPeriods": 289},
        {"DatapointsToAlarm": 2},
        {"AlarmDescription": "x" * 1025},
    ],
)
def test_what_cloudwatch_refuses(watched: Watched, given: dict[str, object]) -> None:
    with pytest.raises(ClientError):
        watched.alarm("queue", **given)
    assert watched.cloudwatch.describe_alarms()["MetricAlarms"] == []


def put_math(watched: Watched, expression: str) -> None:
    metric = {"Namespace": "vLLM", "MetricName": "queue", "Dimensions": DIMENSIONS}
    watched.cloudwatch.put_metric_alarm(
        AlarmName="ratio",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=2,
        Threshold=1,
        TreatMissingData="notBreaching",
        Metrics=[
            {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, "ReturnData": False},
            {"Id": "e", "Expression": expression, "ReturnData": True},
        ],
    )


def test_metric_math_is_judged_minute_by_minute(watched: Watched) -> None:
    put_math(watched, "IF(m > 10, m / 10, 0)")
    for value, expected in ((30, "OK"), (30, "ALARM"), (5, "OK")):
        watched.put("queue", value)
        watched.minute()
        assert watched.state("ratio") == expected


def test_metric_math_that_is_not_known_is_refused_with_a_word(watched: Watched) -> None:
    put_math(watched, "ANOMALY_DETECTION_BAND(m, 2)")
    with pytest.raises(NotJudgedError, match="ratio: no metric math"):
        watched.minute()
