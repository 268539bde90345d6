"""A mixed instances policy: types by their order, on demand and spot by base and percentage, and what is sold out."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.mixed import on_demand_of, spot_next
from tests.rehearsal.aws.cloud import DEREGISTRATION_S, GROUP, WARMUP_S, Cloud

TYPES = ("g6.2xlarge", "g5.2xlarge", "g6.12xlarge")


def policy(cloud: Cloud, *types: str, base: int = 0, on_demand: int = 100, version: str = "1") -> dict[str, Any]:
    return {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": {"LaunchTemplateId": cloud.template_id, "Version": version},
            "Overrides": [{"InstanceType": name} for name in types],
        },
        "InstancesDistribution": {
            "OnDemandAllocationStrategy": "prioritized",
            "OnDemandBaseCapacity": base,
            "OnDemandPercentageAboveBaseCapacity": on_demand,
            "SpotAllocationStrategy": "capacity-optimized-prioritized",
        },
    }


def create(cloud: Cloud, *, size: int, **more: Any) -> None:
    cloud.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=GROUP,
        MinSize=size,
        MaxSize=6,
        VPCZoneIdentifier=",".join(cloud.subnet_ids),
        TargetGroupARNs=[cloud.target_group_arn],
        DefaultInstanceWarmup=WARMUP_S,
        MixedInstancesPolicy=policy(cloud, *TYPES, **more),
    )


def machines(cloud: Cloud) -> list[tuple[str, str, str]]:
    """Type, zone and lifecycle of each instance, in order."""
    ids = [item["InstanceId"] for item in cloud.group()["Instances"]]
    found = [
        item
        for reservation in (cloud.ec2.describe_instances(InstanceIds=ids)["Reservations"] if ids else [])
        for item in reservation["Instances"]
    ]
    return sorted(
        (item["InstanceType"], item["Placement"]["AvailabilityZone"][-1], item.get("InstanceLifecycle", "on demand"))
        for item in found
    )


def test_the_first_type_is_taken_in_each_zone(played: Cloud) -> None:
    create(played, size=2)
    assert machines(played) == [("g6.2xlarge", "a", "on demand"), ("g6.2xlarge", "b", "on demand")]


def test_where_it_is_sold_out_the_next_one_is(played: Cloud) -> None:
    played.aws.shortages.run_out("g6.2xlarge", zone="us-east-1a")
    create(played, size=2)
    assert machines(played) == [("g5.2xlarge", "a", "on demand"), ("g6.2xlarge", "b", "on demand")]


def test_where_a_zone_has_none_the_other_has(played: Cloud) -> None:
    for name in TYPES:
        played.aws.shortages.run_out(name, zone="us-east-1a")
    create(played, size=1)
    assert machines(played) == [("g6.2xlarge", "b", "on demand")]
    failed = [activity for activity in played.activities() if activity["StatusCode"] == "Failed"]
    assert len(failed) == 1
    assert "sufficient g6.12xlarge capacity in the Availability Zone you requested (us-east-1a)" in str(failed)


def test_with_nothing_anywhere_there_is_no_instance_and_it_tries_again(played: Cloud, waits: ManualClock) -> None:
    for name in TYPES:
        played.aws.shortages.run_out(name)
    create(played, size=1)
    assert played.group()["Instances"] == []
    tried = len(played.activities())
    assert tried == 2, "one activity for each zone"
    assert len(played.activities()) == tried, "no endless loop"
    waits.advance(60)
    assert len(played.activities()) == 2 * tried
    played.aws.shortages.restock()
    waits.advance(60)
    assert machines(played) == [("g6.2xlarge", "a", "on demand")]


def test_spot_is_a_share_above_the_base(played: Cloud, waits: ManualClock) -> None:
    create(played, size=5, base=1, on_demand=50)
    assert [kind for _, _, kind in machines(played)].count("spot") == 2
    played.autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=1, DesiredCapacity=1)
    waits.advance(DEREGISTRATION_S)
    assert [kind for _, _, kind in machines(played)] == ["on demand"], "the base is kept longest"


def test_spot_that_is_sold_out_is_not_made_up_for_on_demand(played: Cloud) -> None:
    for name in TYPES:
        played.aws.shortages.run_out(name, spot=True)
    create(played, size=2, base=1, on_demand=0)
    assert [kind for _, _, kind in machines(played)] == ["on demand"]


def test_an_update_of_something_else_keeps_the_policy(played: Cloud) -> None:
    create(played, size=1)
    played.autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, MaxSize=3)
    kept = played.group()["MixedInstancesPolicy"]["LaunchTemplate"]["Overrides"]
    assert [override["InstanceType"] for override in kept] == list(TYPES)
    specification = {"LaunchTemplateId": played.template_id, "Version": "1"}
    played.autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, LaunchTemplate=specification)
    assert "MixedInstancesPolicy" not in played.group()
    assert played.group()["LaunchTemplate"]["Version"] == "1"


def test_a_refresh_launches_by_the_policy_it_is_given(played: Cloud, waits: ManualClock) -> None:
    create(played, size=1)
    assert len(machines(played)) == 1
    desired = policy(played, "g5.2xlarge", version=played.new_version("second"))
    played.autoscaling.start_instance_refresh(
        AutoScalingGroupName=GROUP,
        DesiredConfiguration={"MixedInstancesPolicy": desired},
        Preferences={"MinHealthyPercentage": 100, "MaxHealthyPercentage": 200, "SkipMatching": True},
    )
    assert [name for name, *_ in machines(played)] == ["g5.2xlarge", "g6.2xlarge"]
    waits.advance(WARMUP_S)
    played.refresh()
    waits.advance(DEREGISTRATION_S)
    assert played.refresh()["Status"] == "Successful"
    assert [name for name, *_ in machines(played)] == ["g5.2xlarge"]


@pytest.mark.parametrize(("capacity", "expected"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (5, 3)])
def test_rounding_favours_on_demand(capacity: int, expected: int) -> None:
    distribution = {"OnDemandBaseCapacity": 1, "OnDemandPercentageAboveBaseCapacity": 50}
    assert on_demand_of({"InstancesDistribution": distribution}, capacity=capacity) == expected


def test_without_a_policy_everything_is_on_demand() -> None:
    assert not spot_next(None, capacity=3, spot=[])
