"""A stack that follows its load, of several types, partly on spot instances, and empty when nobody asks: on the real
engine and provider, from the first `up` to `destroy`."""

from __future__ import annotations

import pytest

from rehearsal.aws.environment import FAKE_KEY
from tests.e2e.change import Change
from tests.e2e.lives import Lives
from tests.e2e.previews import expected
from tests.e2e.scaled_changes import SCALED_CHANGES
from tests.e2e.scaled_life import ScaledLife

pytestmark = pytest.mark.e2e

POLICIES = {
    "scale-out": "TargetTrackingScaling",
    "scale-in": "SimpleScaling",
    "to-zero": "SimpleScaling",
    "wake-up": "StepScaling",
}


@pytest.fixture(scope="module")
def life(lives: Lives) -> ScaledLife:
    return lives.of_scaled()


def test_a_second_up_changes_nothing_and_a_refresh_finds_no_drift(life: ScaledLife) -> None:
    assert {step.op for step in life.up.steps} == {"create"}
    assert life.second_up.touched == ()
    assert life.second_up.counts == {"same": len(life.up.steps)}
    assert life.refresh.touched == ()


def test_the_group_has_the_planned_types_in_their_order(life: ScaledLife) -> None:
    policy = life.first.group["MixedInstancesPolicy"]
    names = [override["InstanceType"] for override in policy["LaunchTemplate"]["Overrides"]]
    assert names == [each.instance_type for each in life.plan.host_types]
    assert len(names) > 1
    distribution = policy["InstancesDistribution"]
    assert distribution["OnDemandAllocationStrategy"] == "prioritized"
    assert distribution["SpotAllocationStrategy"] == "capacity-optimized-prioritized"
    assert (distribution["OnDemandBaseCapacity"], distribution["OnDemandPercentageAboveBaseCapacity"]) == (1, 50)
    assert "LaunchTemplate" not in life.first.group


def test_each_policy_has_the_alarm_that_sets_it_off(life: ScaledLife) -> None:
    assert {name: policy["PolicyType"] for name, policy in life.policies.items()} == POLICIES
    alarms = {arn: alarm["AlarmName"] for alarm in life.first.alarms for arn in alarm["AlarmActions"]}
    assert all(policy["PolicyARN"] in alarms for policy in life.policies.values())
    tracked = life.policies["scale-out"]["TargetTrackingConfiguration"]
    assert life.plan.scaling is not None
    assert (tracked["TargetValue"], tracked["DisableScaleIn"]) == (life.plan.scaling.target, True)
    assert tracked["CustomizedMetricSpecification"]["MetricName"] == "Load"
    assert life.policies["scale-in"]["Cooldown"] == life.plan.scaling.scale_in_cooldown_s > life.plan.cold_start.total


def test_schedules_are_as_asked_in_their_time_zone(life: ScaledLife) -> None:
    start, end = life.schedules["office-start"], life.schedules["office-end"]
    assert (start["MinSize"], start["MaxSize"], start["Recurrence"]) == (2, 4, "0 8 * * 1-5")
    assert (end["MinSize"], end["MaxSize"], end["Recurrence"]) == (0, 4, "0 18 * * 1-5")
    assert {start["TimeZone"], end["TimeZone"]} == {"Europe/Berlin"}
    assert "DesiredCapacity" not in start


def test_the_inventory_tells_of_it(life: ScaledLife) -> None:
    told = {section.title: dict(section.rows) for section in life.sections}
    assert "set off by vllm-dev-wake-up" in told["Scaling policies"]["wake-up"]
    assert told["Scheduled actions"]["office-start"] == "0 8 * * 1-5 in Europe/Berlin: min 2, max 4"
    assert told["Auto Scaling group"]["spot"] == "50 % of what is above that"


def test_a_refused_request_wakes_the_empty_group(life: ScaledLife) -> None:
    assert (life.empty.desired, life.empty.machines) == (0, ())
    (first,) = life.woken.serving
    assert (first.instance_type, first.spot) == (life.plan.host_types[0].instance_type, False)
    assert "vllm-dev-wake-up in state ALARM triggered policy wake-up" in life.woken.causes[0]


def test_under_load_it_grows_at_once_by_the_next_type_and_partly_on_spot(life: ScaledLife) -> None:
    assert life.loaded.desired == 3
    more = [
        machine for machine in life.loaded.serving if machine.instance_type != life.plan.host_types[0].instance_type
    ]
    assert {machine.instance_type for machine in more} == {life.plan.host_types[1].instance_type}
    assert sorted(machine.spot for machine in life.loaded.serving) == [False, False, True]


def test_the_schedule_moves_the_bounds_and_a_preview_stays_empty(life: ScaledLife) -> None:
    assert (life.office.least, life.office.most) == (2, 4)
    assert life.in_office.touched == ()
    assert (life.evening.least, life.evening.most, life.evening.desired) == (0, 4, 3)


def test_a_change_pauses_at_its_checkpoint_and_an_alarm_calls_it_back(life: ScaledLife) -> None:
    change, planned = life.rollback, life.plan.change
    assert planned is not None
    assert {step.op for step in change.up.touched} <= {"update"}
    preferences = change.paused.refresh["Preferences"]
    assert preferences["CheckpointPercentages"] == list(planned.checkpoints)
    assert preferences["CheckpointDelay"] == planned.bake_s
    assert "vllm-dev-server-errors" in preferences["AlarmSpecification"]["Alarms"]
    assert sorted(machine.version for machine in change.paused.serving) == ["1", "1", "2"]
    assert change.rung.refresh["Status"] == "RollbackInProgress"
    assert "vllm-dev-server-errors" in change.rung.refresh["StatusReason"]
    assert change.ended.refresh["Status"] == "RollbackSuccessful"
    # The provider saves the new version on the group before it starts a refresh: docs/aws-behaviour.md
    assert [machine.version for machine in change.ended.serving].count("1") == 2, "who was not replaced yet stays"
    # An `up` that changes the group in office hours reads their minimum back, and the next one would undo it.
    assert [step.changed for step in change.settled.touched] == [("minSize",)]


def test_a_host_that_is_not_needed_goes_and_at_last_all_do(life: ScaledLife) -> None:
    assert life.thinned.desired == 2
    assert (life.alone.desired, life.alone.serving) == (0, [])


@pytest.mark.parametrize("change", SCALED_CHANGES, ids=lambda change: change.name)
def test_a_change_touches_exactly_what_its_row_says(life: ScaledLife, change: Change) -> None:
    preview = life.previews[change.name]
    assert preview.refusal == ""
    assert preview.touched == expected(change, state=life.state)
    assert preview.writing == ()


def test_destroy_leaves_nothing(life: ScaledLife) -> None:
    assert life.held == ()
    assert life.left == frozenset()


def test_only_fake_keys_and_known_calls_arrived(life: ScaledLife) -> None:
    assert {call.access_key for call in life.calls} == {FAKE_KEY}
    assert [call for call in life.calls if call.status >= 500] == []
