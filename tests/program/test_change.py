"""How hosts are replaced by those of a new version, and what calls them back."""

from __future__ import annotations

from tests.program.cases import Case, load_case

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
GROUP = "aws:autoscaling/group:Group"


def test_a_refresh_rolls_and_rolls_back(case: Case) -> None:
    refresh = case.only(GROUP).inputs["instanceRefresh"]
    assert refresh["strategy"] == "Rolling"
    assert refresh["preferences"]["autoRollback"] is True
    assert refresh["preferences"]["skipMatching"] is True


def test_a_new_host_is_there_before_an_old_one_goes_where_there_is_a_machine_for_it(case: Case) -> None:
    inputs = case.only(GROUP).inputs
    preferences = inputs["instanceRefresh"]["preferences"]
    percent = {key: preferences.get(f"{key}HealthyPercentage") for key in ("min", "max")}
    assert case.plan.change is not None
    most = case.plan.replicas.most
    if case.plan.change.launch_first:
        assert percent == {"min": 100, "max": 100 + 100 // most}
        assert inputs["instanceMaintenancePolicy"] == {
            "minHealthyPercentage": 100,
            "maxHealthyPercentage": percent["max"],
        }
    else:
        assert percent == {"min": 100 * (most - 1) // most, "max": None}
        assert "instanceMaintenancePolicy" not in inputs


def test_alarms_of_the_stack_call_a_change_back(case: Case) -> None:
    """Each by the name that it has: AWS takes no refresh with one that does not exist."""
    listened = case.only(GROUP).inputs["instanceRefresh"]["preferences"]["alarmSpecification"]["alarms"]
    named = {alarm.inputs.get("name") for alarm in case.graph.of_type(ALARM)}
    named |= {alarm.inputs.get("alarmName") for alarm in case.graph.of_type(COMPOSITE)}
    assert 0 < len(listened) <= 10
    assert set(listened) <= named


def test_alarms_have_the_time_of_the_plan_to_speak(case: Case) -> None:
    preferences = case.only(GROUP).inputs["instanceRefresh"]["preferences"]
    change = case.plan.change
    assert change is not None
    warmup = case.plan.timers.instance_warmup_s
    assert int(preferences.get("instanceWarmup", warmup)) == warmup + change.bake_s
    pauses = change.bake_s > 0 and len(change.checkpoints) > 1
    assert preferences.get("checkpointPercentages") == (list(change.checkpoints) if pauses else None)
    assert preferences.get("checkpointDelay") == (str(change.bake_s) if pauses else None)


def test_nobody_waits_who_does_not_ask_for_it() -> None:
    preferences = load_case("to-zero").only(GROUP).inputs["instanceRefresh"]["preferences"]
    assert not {"checkpointPercentages", "checkpointDelay", "instanceWarmup"} & set(preferences)
