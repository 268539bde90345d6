from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.aws.refresh import instance_refresh, maintenance_policy
from sizing.fleet_plan import ChangePlan
from sizing.healthy import Healthy, healthy

replicas = st.integers(min_value=1, max_value=1000)


def allowed(*, desired: int, percent: int | None) -> int:
    """Hosts that may run at once, rounded up, which is the unfavourable way for the spare cache slots."""
    assert percent is not None
    return -(-desired * percent // 100)


def preferences_of(change: ChangePlan, *, percent: Healthy, rollback_alarms: list[str]) -> Any:
    return instance_refresh(change, percent=percent, warmup_s=180, rollback_alarms=rollback_alarms).preferences


@given(desired=replicas, extra=st.integers(min_value=0, max_value=999))
def test_a_replacement_never_needs_more_than_the_one_spare_slot(desired: int, extra: int) -> None:
    percent = healthy(launch_first=True, most_replicas=desired + extra).most
    assert allowed(desired=desired, percent=percent) <= desired + 1


@given(most_replicas=replicas, launch_first=st.booleans())
def test_percentages_are_ones_that_auto_scaling_takes(most_replicas: int, launch_first: bool) -> None:
    """API_InstanceMaintenancePolicy: 0 to 100 and 100 to 200, no more than 100 apart."""
    percent = healthy(launch_first=launch_first, most_replicas=most_replicas)
    assert 0 <= percent.least <= 100
    assert percent.most is None or (100 <= percent.most <= 200 and percent.most - percent.least <= 100)


def test_one_replica_is_replaced_without_a_gap() -> None:
    assert allowed(desired=1, percent=healthy(launch_first=True, most_replicas=1).most) == 2


@given(desired=st.integers(min_value=1, max_value=100))  # percentages are whole ones
def test_where_no_machine_is_to_spare_one_leaves_first_and_no_more(desired: int) -> None:
    percent = healthy(launch_first=False, most_replicas=desired)
    assert desired - allowed(desired=desired, percent=percent.least) == 1
    assert maintenance_policy(percent) is None


def test_each_new_host_bakes_and_the_first_one_is_waited_for() -> None:
    percent = healthy(launch_first=True, most_replicas=2)
    change = ChangePlan(launch_first=True, checkpoints=(50, 100), bake_s=300)
    preferences = preferences_of(change, percent=percent, rollback_alarms=["vllm-dev-one"])
    assert preferences.instance_warmup == "480"
    assert (preferences.checkpoint_percentages, preferences.checkpoint_delay) == ([50, 100], "300")


@pytest.mark.parametrize(("bake_s", "warmup"), [(0, None), (60, "240")])
def test_a_change_of_one_host_pauses_nowhere(bake_s: int, warmup: str | None) -> None:
    percent = healthy(launch_first=True, most_replicas=1)
    change = ChangePlan(launch_first=True, checkpoints=(100,), bake_s=bake_s)
    preferences = preferences_of(change, percent=percent, rollback_alarms=[])
    assert preferences.instance_warmup == warmup
    assert (preferences.checkpoint_percentages, preferences.checkpoint_delay) == (None, None)
    assert preferences.alarm_specification is None
