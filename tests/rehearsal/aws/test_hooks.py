"""Lifecycle hooks: wait states, completion, heartbeats, timeouts, and what the provider reads back."""

from __future__ import annotations

from typing import Literal

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.server import EmulatedAws
from tests.rehearsal.aws.cloud import Cloud

GROUP, LAUNCHING, TERMINATING = "replicas", "vllm-launching", "vllm-terminating"
DEREGISTRATION_S, HEALTHY_AFTER_S, HEARTBEAT_S = 60, 20, 600


def test_an_instance_waits_for_the_hook_that_came_with_the_group(cloud: Cloud) -> None:
    cloud.create_group()
    assert cloud.states() == [("1", "Pending:Wait")]
    (described,) = cloud.autoscaling.describe_auto_scaling_instances()["AutoScalingInstances"]
    assert described["LifecycleState"] == "Pending:Wait"
    assert described["AutoScalingGroupName"] == GROUP
    assert cloud.health() == {}, "traffic must not reach a host that has not served"


def test_continue_puts_it_into_service_and_behind_the_load_balancer(cloud: Cloud, waits: ManualClock) -> None:
    cloud.create_group()
    instance_id = cloud.instance_id(state="Pending:Wait")
    cloud.complete(instance_id)
    assert cloud.states() == [("1", "InService")]
    assert cloud.health() == {instance_id: "initial"}
    waits.advance(HEALTHY_AFTER_S)
    assert cloud.health() == {instance_id: "healthy"}
    assert cloud.activities()[0]["StatusCode"] == "Successful"


def test_abandon_terminates_it_and_the_group_launches_another(cloud: Cloud) -> None:
    cloud.create_group()
    failed = cloud.instance_id(state="Pending:Wait")
    cloud.complete(failed, result="ABANDON")
    assert cloud.states() == [("1", "Terminating:Wait"), ("1", "Pending:Wait")]
    cloud.complete(failed, hook=TERMINATING)
    assert cloud.states() == [("1", "Pending:Wait")]
    assert cloud.instance_id(state="Pending:Wait") != failed
    (reservation,) = cloud.ec2.describe_instances(InstanceIds=[failed])["Reservations"]
    assert reservation["Instances"][0]["State"]["Name"] == "terminated"


def test_a_failed_launch_is_a_cancelled_activity_that_says_why(cloud: Cloud) -> None:
    cloud.create_group()
    cloud.complete(cloud.instance_id(state="Pending:Wait"), result="ABANDON")
    (cancelled,) = [activity for activity in cloud.activities() if activity["StatusCode"] == "Cancelled"]
    assert cancelled["StatusMessage"].startswith("Instance failed to complete user's Lifecycle Action")
    assert cancelled["StatusMessage"].endswith("Lifecycle Action Completed with ABANDON Result")
    assert cancelled["Description"].endswith(cancelled["StatusMessage"])


def test_silence_ends_in_the_default_result(cloud: Cloud, heartbeats: ManualClock) -> None:
    cloud.create_group()
    heartbeats.advance(HEARTBEAT_S - 1)
    assert cloud.states() == [("1", "Pending:Wait")]
    heartbeats.advance(1)
    assert ("1", "Terminating:Wait") in cloud.states()
    assert any("Heartbeat Timeout" in activity.get("StatusMessage", "") for activity in cloud.activities())


def test_a_heartbeat_starts_the_timeout_again(cloud: Cloud, heartbeats: ManualClock) -> None:
    cloud.create_group()
    instance_id = cloud.instance_id(state="Pending:Wait")
    heartbeats.advance(HEARTBEAT_S - 1)
    cloud.autoscaling.record_lifecycle_action_heartbeat(
        LifecycleHookName=LAUNCHING, AutoScalingGroupName=GROUP, InstanceId=instance_id
    )
    heartbeats.advance(HEARTBEAT_S - 1)
    assert cloud.states() == [("1", "Pending:Wait")]
    heartbeats.advance(1)
    assert ("1", "Terminating:Wait") in cloud.states()


def test_heartbeats_end_at_100_timeouts(cloud: Cloud, heartbeats: ManualClock) -> None:
    cloud.create_group()
    instance_id = cloud.instance_id(state="Pending:Wait")
    for _ in range(101):
        assert cloud.states() == [("1", "Pending:Wait")]
        cloud.autoscaling.record_lifecycle_action_heartbeat(
            LifecycleHookName=LAUNCHING, AutoScalingGroupName=GROUP, InstanceId=instance_id
        )
        heartbeats.advance(HEARTBEAT_S - 1)
    assert ("1", "Terminating:Wait") in cloud.states()


def test_nothing_to_complete_is_an_error(cloud: Cloud) -> None:
    cloud.create_group()
    instance_id = cloud.instance_id(state="Pending:Wait")
    with pytest.raises(ClientError, match="No active Lifecycle Action found with instance ID"):
        cloud.complete(instance_id, hook=TERMINATING)
    cloud.complete(instance_id)
    with pytest.raises(ClientError, match="No active Lifecycle Action found with instance ID"):
        cloud.complete(instance_id)
    with pytest.raises(ClientError, match="CONTINUE or ABANDON"):
        cloud.complete(instance_id, result="MAYBE")


def test_scale_in_drains_before_the_terminating_hook(cloud: Cloud, waits: ManualClock) -> None:
    cloud.create_group()
    instance_id = cloud.instance_id(state="Pending:Wait")
    cloud.complete(instance_id)
    cloud.autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=0, DesiredCapacity=0)
    assert cloud.states() == [("1", "Terminating")]
    assert cloud.health() == {instance_id: "draining"}
    waits.advance(DEREGISTRATION_S)
    assert cloud.states() == [("1", "Terminating:Wait")]
    assert cloud.health() == {}
    cloud.complete(instance_id, hook=TERMINATING)
    assert cloud.states() == []


def test_a_host_that_never_answers_its_terminating_hook_goes_at_the_timeout(
    cloud: Cloud, waits: ManualClock, heartbeats: ManualClock
) -> None:
    cloud.create_group()
    cloud.complete(cloud.instance_id(state="Pending:Wait"))
    cloud.autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=0, DesiredCapacity=0)
    assert cloud.states() == [("1", "Terminating")]
    waits.advance(DEREGISTRATION_S)
    assert cloud.states() == [("1", "Terminating:Wait")]
    heartbeats.advance(300)
    assert cloud.states() == []


def test_hooks_come_back_as_they_were_given(cloud: Cloud) -> None:
    cloud.create_group()
    hooks = cloud.autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=GROUP)["LifecycleHooks"]
    assert {hook["LifecycleHookName"] for hook in hooks} == {LAUNCHING, TERMINATING}
    for hook in hooks:
        assert not {"RoleARN", "NotificationTargetARN"} & set(hook)
        assert hook["GlobalTimeout"] == min(172800, 100 * hook["HeartbeatTimeout"])


def test_putting_a_hook_again_changes_only_what_is_given(cloud: Cloud) -> None:
    cloud.create_group()
    cloud.autoscaling.put_lifecycle_hook(AutoScalingGroupName=GROUP, LifecycleHookName=LAUNCHING, HeartbeatTimeout=900)
    (hook,) = cloud.autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=GROUP, LifecycleHookNames=[LAUNCHING])[
        "LifecycleHooks"
    ]
    assert hook["HeartbeatTimeout"] == 900
    assert hook["DefaultResult"] == "ABANDON"
    assert hook["LifecycleTransition"] == "autoscaling:EC2_INSTANCE_LAUNCHING"


def test_a_heartbeat_timeout_out_of_range_is_refused(cloud: Cloud) -> None:
    cloud.create_group()
    with pytest.raises(ClientError, match="between 30 and 7200"):
        cloud.autoscaling.put_lifecycle_hook(
            AutoScalingGroupName=GROUP, LifecycleHookName=LAUNCHING, HeartbeatTimeout=7201
        )


def test_a_played_host_may_be_at_work_and_say_so(heartbeats: ManualClock) -> None:
    """Whoever only looks every hour finds it waiting, until nothing is heard of it for the timeout."""
    answers: list[Literal["HEARTBEAT"] | None] = ["HEARTBEAT"]
    with EmulatedAws(host=lambda _: answers[-1], heartbeats=heartbeats) as aws:
        cloud = Cloud(aws)
        cloud.create_group()
        waiting = cloud.instance_id(state="Pending:Wait")
        for _ in range(3):
            heartbeats.advance(6 * HEARTBEAT_S)
            assert cloud.instance_id(state="Pending:Wait") == waiting
        answers.append(None)
        heartbeats.advance(HEARTBEAT_S)
        assert (waiting, "Pending:Wait") not in [
            (item["InstanceId"], item["LifecycleState"]) for item in cloud.group()["Instances"]
        ]
