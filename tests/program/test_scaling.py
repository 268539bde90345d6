"""When replicas come and go by themselves, and that nothing of it is there where they never do."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from policies.rules.scales_on_load import BUSY
from rehearsal.graph.model import Resource
from tests.program.cases import DAY, STACKS, Case, load_case

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPONENT = "vllm:components:Scaling"
GROUP = "aws:autoscaling/group:Group"
POLICY = "aws:autoscaling/policy:Policy"
SCHEDULE = "aws:autoscaling/schedule:Schedule"
OF_LOAD = {"scale-out", "scale-in"}
OF_EMPTY = {"to-zero", "wake-up"}


def policies(case: Case) -> dict[str, dict[str, Any]]:
    return {str(item.inputs["name"]): dict(item.inputs) for item in case.graph.of_type(POLICY)}


def signals(case: Case) -> dict[str, Resource]:
    """Alarms that set off a policy, by the policy's name."""
    by_urn = {item.urn: str(item.inputs["name"]) for item in case.graph.of_type(POLICY)}
    return {
        by_urn[urn]: alarm
        for alarm in case.graph.of_type(ALARM)
        for urn in alarm.property_dependencies.get("alarmActions", ())
        if urn in by_urn
    }


def test_there_is_what_the_plan_says_and_no_more(case: Case) -> None:
    plan = case.plan.scaling
    assert plan is not None
    wanted = (OF_LOAD if plan.follows_load else set()) | (OF_EMPTY if plan.idle_s is not None else set())
    assert set(policies(case)) == wanted
    assert len(case.graph.of_type(SCHEDULE)) == 2 * len(plan.schedules)
    assert len(case.graph.of_type(COMPONENT)) == int(bool(wanted or plan.schedules))


@pytest.mark.parametrize("stack", STACKS)
def test_a_committed_stack_keeps_its_number(stack: str) -> None:
    assert not load_case(stack).graph.of_type(COMPONENT)


def test_each_policy_is_set_off_by_an_alarm_that_tells_nobody_else(case: Case) -> None:
    """But for target tracking, which makes alarms of its own."""
    found = signals(case)
    assert set(found) == set(policies(case)) - {"scale-out"}
    for name, alarm in found.items():
        assert alarm.inputs["name"] == f"vllm-{case.config.stack}-{name}"
        assert len(alarm.inputs["alarmActions"]) == 1
        assert not {"okActions", "insufficientDataActions"} & set(alarm.inputs)


def test_the_number_follows_requests_and_never_the_gpu(case: Case) -> None:
    made = [*policies(case).values(), *(alarm.inputs for alarm in signals(case).values())]
    metrics = re.findall(r'"metricName": "(\w+)"', json.dumps(made))
    assert not [name for name in metrics if BUSY.search(name)]


def test_replicas_are_added_for_what_a_host_is_planned_for() -> None:
    case = load_case("to-zero")
    target = policies(case)["scale-out"]["targetTrackingConfiguration"]
    assert target["targetValue"] == 0.75
    assert target["disableScaleIn"] is True
    assert target["customizedMetricSpecification"] == {
        "metricDimensions": [{"name": "Stack", "value": "dev"}],
        "metricName": "Load",
        "namespace": "vLLM",
        "statistic": "Average",
    }


def test_the_signal_may_be_the_kv_cache() -> None:
    case = load_case("spot")
    target = policies(case)["scale-out"]["targetTrackingConfiguration"]
    assert target["customizedMetricSpecification"]["metricName"] == "KvCacheUsed"
    assert target["targetValue"] == 0.6
    watched = [query.get("metric", {}).get("metricName") for query in signals(case)["scale-in"].inputs["metricQueries"]]
    assert set(watched) == {None, "KvCacheUsed"}


def test_one_replica_at_a_time_leaves_and_no_sooner_than_another_could_have_come() -> None:
    case = load_case("to-zero")
    policy = policies(case)["scale-in"]
    assert (policy["policyType"], policy["adjustmentType"]) == ("SimpleScaling", "ChangeInCapacity")
    assert policy["scalingAdjustment"] == -1
    assert policy["cooldown"] > case.plan.cold_start.total
    alarm = signals(case)["scale-in"].inputs
    assert alarm["evaluationPeriods"] * 60 >= case.plan.cold_start.total
    assert alarm["threshold"] < 0.75


def test_a_group_that_may_be_empty_ends_its_last_replica_and_starts_one() -> None:
    case = load_case("to-zero")
    assert case.only(GROUP).inputs["minSize"] == 0
    found = policies(case)
    assert (found["to-zero"]["adjustmentType"], found["to-zero"]["scalingAdjustment"]) == ("ExactCapacity", 0)
    wake_up = found["wake-up"]
    assert (wake_up["policyType"], wake_up["adjustmentType"]) == ("StepScaling", "ExactCapacity")
    assert wake_up["stepAdjustments"] == [{"metricIntervalLowerBound": "0", "scalingAdjustment": 1}]
    assert signals(case)["to-zero"].inputs["evaluationPeriods"] == 20
    assert signals(case)["wake-up"].inputs["evaluationPeriods"] == 1


def test_a_schedule_sets_its_bounds_and_gives_them_back() -> None:
    case = load_case("schedules")
    actions = {item.inputs["scheduledActionName"]: item.inputs for item in case.graph.of_type(SCHEDULE)}
    assert set(actions) == {"day-start", "day-end", "night-start", "night-end"}
    start, end = actions["day-start"], actions["day-end"]
    assert (start["recurrence"], start["minSize"], start["maxSize"]) == (DAY["start"], 2, 5)
    assert (end["recurrence"], end["minSize"], end["maxSize"]) == (DAY["end"], 1, 1)
    assert {item["timeZone"] for item in actions.values()} == {"Europe/Berlin"}
    assert {item["desiredCapacity"] for item in actions.values()} == {-1}


def test_a_change_keeps_the_bounds_that_a_schedule_set(case: Case) -> None:
    """Not by ignoring: the stack file's own bounds must act. The engine sends what differs from its state only."""
    assert not {"minSize", "maxSize"} & set(case.only(GROUP).ignore_changes)
