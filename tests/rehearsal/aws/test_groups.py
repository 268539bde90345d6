"""A group keeps its capacity, its attributes and its launch template's promises."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws.clock import ManualClock
from tests.rehearsal.aws.cloud import Cloud

GROUP = "replicas"


def test_instances_spread_over_the_zones(played: Cloud) -> None:
    played.create_group(size=4)
    zones = [instance["AvailabilityZone"] for instance in played.group()["Instances"]]
    assert sorted(zones) == ["us-east-1a", "us-east-1a", "us-east-1b", "us-east-1b"]


def test_an_instance_is_what_its_template_says(played: Cloud) -> None:
    played.create_group(Tags=[{"Key": "Project", "Value": "vllm", "PropagateAtLaunch": True}])
    instance_id = played.instance_id(state="InService")
    instance = played.ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
    tags = {tag["Key"]: tag["Value"] for tag in instance["Tags"]}
    assert (tags["Stack"], tags["Project"]) == ("dev", "vllm")
    assert tags["aws:autoscaling:groupName"] == GROUP
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    assert [group["GroupId"] for group in instance["SecurityGroups"]] == [played.security_group_id]
    (volume,) = played.ec2.describe_volumes()["Volumes"]
    assert (volume["Size"], volume["Tags"]) == (75, [{"Key": "Stack", "Value": "dev"}])


def test_what_ec2_terminated_is_replaced(played: Cloud) -> None:
    played.create_group()
    lost = played.instance_id(state="InService")
    played.ec2.terminate_instances(InstanceIds=[lost])
    assert played.states() == [("1", "InService")]
    assert played.instance_id(state="InService") != lost
    assert lost not in played.health()


def test_an_unhealthy_instance_is_replaced(played: Cloud) -> None:
    played.create_group()
    sick = played.instance_id(state="InService")
    played.autoscaling.set_instance_health(InstanceId=sick, HealthStatus="Unhealthy")
    assert sorted(played.states()) == [("1", "InService"), ("1", "Terminating")]


def test_a_suspended_launch_process_launches_nothing(played: Cloud) -> None:
    played.create_group()
    played.autoscaling.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Launch"])
    played.ec2.terminate_instances(InstanceIds=[played.instance_id(state="InService")])
    assert played.states() == []
    played.autoscaling.resume_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Launch"])
    assert played.states() == [("1", "InService")]


def test_a_launch_that_ec2_refuses_is_a_failed_activity(cloud: Cloud) -> None:
    cloud.ec2.delete_security_group(GroupId=cloud.security_group_id)
    cloud.create_group()
    assert cloud.states() == []
    (failed,) = cloud.activities()
    assert failed["StatusCode"] == "Failed"
    assert cloud.security_group_id in failed["StatusMessage"]


def test_terminate_in_group_passes_the_hook(cloud: Cloud, waits: ManualClock) -> None:
    cloud.create_group()
    instance_id = cloud.instance_id(state="Pending:Wait")
    cloud.complete(instance_id)
    activity = cloud.autoscaling.terminate_instance_in_auto_scaling_group(
        InstanceId=instance_id, ShouldDecrementDesiredCapacity=False
    )["Activity"]
    assert activity["Description"] == f"Terminating EC2 instance: {instance_id}"
    waits.advance(60)
    assert cloud.states() == [("1", "Terminating:Wait"), ("1", "Pending:Wait")]


def test_bounds_move_the_desired_capacity(played: Cloud) -> None:
    played.create_group(size=1, most=4)
    played.autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=2)
    assert played.group()["DesiredCapacity"] == 2
    played.autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=0, MaxSize=1)
    assert played.group()["DesiredCapacity"] == 1


def test_an_update_during_a_refresh_does_not_count_the_surge(played: Cloud) -> None:
    played.create_group(size=1, most=1)
    played.start_refresh(played.new_version("second"))
    assert len(played.states()) == 2
    played.autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, MaxSize=2)
    assert played.group()["DesiredCapacity"] == 1


def test_delete_needs_force_while_there_are_instances(cloud: Cloud) -> None:
    cloud.create_group()
    assert cloud.states() == [("1", "Pending:Wait")]
    with pytest.raises(ClientError) as refused:
        cloud.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=GROUP)
    assert refused.value.response["Error"]["Code"] == "ResourceInUse"
    cloud.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=GROUP, ForceDelete=True)
    states = [r["Instances"][0]["State"]["Name"] for r in cloud.ec2.describe_instances()["Reservations"]]
    assert states == ["terminated"]
    assert cloud.ec2.describe_volumes()["Volumes"] == []
    assert cloud.autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=GROUP)["LifecycleHooks"] == []


def test_attributes_are_kept_and_updated(cloud: Cloud) -> None:
    policy = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 200}
    cloud.create_group(
        InstanceMaintenancePolicy=policy, TerminationPolicies=["OldestLaunchTemplate"], CapacityRebalance=True
    )
    group = cloud.group()
    assert group["CapacityRebalance"] is True
    assert group["DefaultInstanceWarmup"] == 120
    assert group["InstanceMaintenancePolicy"] == policy
    cloud.autoscaling.update_auto_scaling_group(
        AutoScalingGroupName=GROUP,
        DefaultInstanceWarmup=60,
        TerminationPolicies=["OldestInstance"],
        InstanceMaintenancePolicy={"MinHealthyPercentage": -1, "MaxHealthyPercentage": -1},
    )
    group = cloud.group()
    assert group["DefaultInstanceWarmup"] == 60
    assert group["TerminationPolicies"] == ["OldestInstance"]
    assert "InstanceMaintenancePolicy" not in group


def test_a_scaling_policy_is_enabled_and_has_no_empty_parts(cloud: Cloud) -> None:
    cloud.create_group()
    for name, more in (("on", {}), ("off", {"Enabled": False})):
        cloud.autoscaling.put_scaling_policy(
            AutoScalingGroupName=GROUP,
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingConfiguration={
                "TargetValue": 8.0,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
            },
            **more,
        )
    policies = cloud.autoscaling.describe_policies(AutoScalingGroupName=GROUP)["ScalingPolicies"]
    assert {policy["PolicyName"]: policy["Enabled"] for policy in policies} == {"on": True, "off": False}
    assert all("PredictiveScalingConfiguration" not in policy for policy in policies)


LAUNCH_FIRST = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 200}


def serve(cloud: Cloud) -> str:
    """The instance that waits for its launching hook completes it."""
    instance_id = cloud.instance_id(state="Pending:Wait")
    cloud.complete(instance_id)
    return instance_id


def test_a_host_that_calls_itself_unhealthy_goes_once_its_replacement_serves(cloud: Cloud, waits: ManualClock) -> None:
    cloud.create_group(InstanceMaintenancePolicy=LAUNCH_FIRST)
    sick = serve(cloud)
    cloud.autoscaling.set_instance_health(InstanceId=sick, HealthStatus="Unhealthy", ShouldRespectGracePeriod=False)
    assert cloud.states() == [("1", "InService"), ("1", "Pending:Wait")]
    new = serve(cloud)
    waits.advance(119)
    assert cloud.states() == [("1", "InService"), ("1", "InService")]
    waits.advance(1)
    assert cloud.states() == [("1", "Terminating"), ("1", "InService")]
    assert cloud.health() == {sick: "draining", new: "healthy"}
    waits.advance(3600)
    cloud.complete(sick, hook="vllm-terminating")
    assert cloud.states() == [("1", "InService")]


def test_a_replacement_that_fails_leaves_the_unhealthy_one(cloud: Cloud) -> None:
    cloud.create_group(InstanceMaintenancePolicy=LAUNCH_FIRST)
    sick = serve(cloud)
    cloud.autoscaling.set_instance_health(InstanceId=sick, HealthStatus="Unhealthy")
    cloud.complete(cloud.instance_id(state="Pending:Wait"), result="ABANDON")
    assert cloud.instance_id(state="InService") == sick
    assert ("1", "Pending:Wait") in cloud.states()


def test_of_several_unhealthy_ones_as_many_are_replaced_at_once_as_the_policy_has_room_for(cloud: Cloud) -> None:
    cloud.create_group(
        size=4, most=8, InstanceMaintenancePolicy={"MinHealthyPercentage": 100, "MaxHealthyPercentage": 150}
    )
    first = [instance["InstanceId"] for instance in cloud.group()["Instances"]]
    for instance_id in first:
        cloud.complete(instance_id)
    for instance_id in first[:3]:
        cloud.autoscaling.set_instance_health(InstanceId=instance_id, HealthStatus="Unhealthy")
    assert [state for _, state in cloud.states()].count("Pending:Wait") == 2


def test_a_host_may_leave_its_target_group_and_come_back(cloud: Cloud, waits: ManualClock) -> None:
    cloud.create_group(size=2)
    first, second = (instance["InstanceId"] for instance in cloud.group()["Instances"])
    cloud.complete(first)
    waits.advance(20)
    target = {"TargetGroupArn": cloud.target_group_arn, "Targets": [{"Id": first}]}
    cloud.elb.deregister_targets(**target)
    cloud.elb.deregister_targets(**target)
    assert cloud.health() == {first: "draining"}
    cloud.complete(second)
    assert cloud.health() == {first: "draining", second: "initial"}, "the group registers only who enters service"
    cloud.elb.register_targets(**target)
    assert cloud.health() == {first: "initial", second: "initial"}
    waits.advance(20)
    assert set(cloud.health().values()) == {"healthy"}


def test_a_host_that_has_left_already_is_terminated_as_any_other(cloud: Cloud) -> None:
    cloud.create_group()
    instance_id = serve(cloud)
    cloud.elb.deregister_targets(TargetGroupArn=cloud.target_group_arn, Targets=[{"Id": instance_id}])
    cloud.autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=0, DesiredCapacity=0)
    assert cloud.states() == [("1", "Terminating:Wait")]
