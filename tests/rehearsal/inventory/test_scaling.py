"""Policies, schedules and types of machines as people are told of them."""

from __future__ import annotations

from rehearsal.inventory.compute import auto_scaling_group, template_version_of
from rehearsal.inventory.scaling import scaling
from tests.rehearsal.aws.cloud import GROUP, Cloud


def told(played: Cloud) -> dict[str, dict[str, str]]:
    return {section.title: dict(section.rows) for section in scaling(played.aws.client, group=played.group())}


def test_a_group_of_a_fixed_size_has_nothing_to_tell(played: Cloud) -> None:
    played.create_group()
    assert told(played) == {}


def test_each_policy_says_what_it_does_and_when(played: Cloud) -> None:
    played.create_group()
    put = played.autoscaling.put_scaling_policy
    put(
        AutoScalingGroupName=GROUP,
        PolicyName="scale-out",
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration={
            "CustomizedMetricSpecification": {"Namespace": "vLLM", "MetricName": "Load", "Statistic": "Average"},
            "TargetValue": 0.75,
            "DisableScaleIn": True,
        },
    )
    for name, kind, amount in (("scale-in", "ChangeInCapacity", -1), ("to-zero", "ExactCapacity", 0)):
        put(AutoScalingGroupName=GROUP, PolicyName=name, AdjustmentType=kind, ScalingAdjustment=amount, Cooldown=900)
    put(
        AutoScalingGroupName=GROUP,
        PolicyName="wake-up",
        PolicyType="StepScaling",
        AdjustmentType="ChangeInCapacity",
        StepAdjustments=[{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
    )
    assert told(played) == {
        "Scaling policies": {
            "scale-out": "holds Load at 0.75 on average, only by adding; "
            "set off by TargetTracking-replicas-AlarmHigh-scale-out",
            "scale-in": "ChangeInCapacity -1, again after 900 s; set off by nothing",
            "to-zero": "ExactCapacity 0, again after 900 s; set off by nothing",
            "wake-up": "ChangeInCapacity +1; set off by nothing",
        }
    }


def test_each_schedule_says_when_and_what(played: Cloud) -> None:
    played.create_group()
    played.autoscaling.put_scheduled_update_group_action(
        AutoScalingGroupName=GROUP,
        ScheduledActionName="office-start",
        Recurrence="0 8 * * 1-5",
        TimeZone="Europe/Berlin",
        MinSize=2,
    )
    assert told(played) == {
        "Scheduled actions": {"office-start": "0 8 * * 1-5 in Europe/Berlin: min 2, max as it is"},
    }


def test_a_mixed_policy_is_told_with_its_types_and_shares(played: Cloud) -> None:
    played.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=GROUP,
        MinSize=1,
        MaxSize=1,
        VPCZoneIdentifier=",".join(played.subnet_ids),
        CapacityReservationSpecification={
            "CapacityReservationPreference": "capacity-reservations-first",
            "CapacityReservationTarget": {"CapacityReservationIds": ["cr-0123456789abcdef0"]},
        },
        MixedInstancesPolicy={
            "LaunchTemplate": {
                "LaunchTemplateSpecification": {"LaunchTemplateId": played.template_id, "Version": "1"},
                "Overrides": [{"InstanceType": name} for name in ("g6.2xlarge", "g5.2xlarge")],
            },
            "InstancesDistribution": {"OnDemandBaseCapacity": 1, "OnDemandPercentageAboveBaseCapacity": 50},
        },
    )
    rows = dict(auto_scaling_group(played.aws.client, group=played.group()).rows)
    assert rows["types"] == "g6.2xlarge, g5.2xlarge"
    assert rows["on demand"] == "1 at least, in the order of the types"
    assert rows["spot"] == "50 % of what is above that"
    assert rows["reservations"] == "capacity-reservations-first: cr-0123456789abcdef0"
    assert "g6.2xlarge InService" in rows["instance 1"]
    assert template_version_of(played.aws.client, group=played.group())["VersionNumber"] == 1
