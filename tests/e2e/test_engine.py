"""The dev stack on the real engine and the real AWS provider: what AWS holds, and what each later step changes."""

from __future__ import annotations

import pytest
import yaml

from components.paths import path_rules
from config.models import StackConfig
from config.sources import load_stack_file
from monitoring.alarms import metric_alarms
from monitoring.conditions import Facts
from rehearsal.aws.environment import FAKE_KEY
from sizing.plan import Plan
from sizing.plan_view import plan_dict
from sizing.prepare import prepare
from tests.e2e.life import NEW_SEQUENCES, ROOT, STACK, Life, Snapshot
from userdata.options import AwsNames, host_options
from userdata.render import cloud_config

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def asked() -> tuple[StackConfig, Plan]:
    return prepare(load_stack_file(stack=STACK, root=ROOT))


@pytest.fixture(scope="module")
def plan(asked: tuple[StackConfig, Plan]) -> Plan:
    return asked[1]


@pytest.fixture(scope="module")
def first(life: Life) -> Snapshot:
    return life.first


# After the first up.


def test_user_data_is_what_the_renderer_makes_of_the_names_in_aws(
    first: Snapshot, asked: tuple[StackConfig, Plan]
) -> None:
    config, plan = asked
    names = AwsNames(
        scripts_bucket=first.outputs["scripts_bucket"],
        api_keys_secret_arn=first.outputs["api_keys_secret_arn"],
        hf_token_secret_arn=first.outputs["hf_token_secret_arn"],
        log_group=first.outputs["log_group"],
        target_group_arn=first.outputs["target_group_arn"],
    )
    assert first.user_data == cloud_config(host_options(config=config, plan=plan, names=names))


def test_launch_template_has_the_safe_settings(first: Snapshot, plan: Plan) -> None:
    data = first.template["LaunchTemplateData"]
    assert data["InstanceType"] == plan.instance_type == "g6.2xlarge"
    assert data["ImageId"].startswith("ami-")
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    assert data["MetadataOptions"]["HttpPutResponseHopLimit"] == 1
    (disk,) = data["BlockDeviceMappings"]
    assert disk["Ebs"]["Encrypted"] is True
    assert disk["Ebs"]["VolumeSize"] == plan.root_volume_gib
    tagged = {spec["ResourceType"]: {tag["Key"] for tag in spec["Tags"]} for spec in data["TagSpecifications"]}
    assert set(tagged) == {"instance", "volume", "network-interface"}
    assert all({"Project", "Stack", "ManagedBy", "Name"} <= keys for keys in tagged.values())


def test_group_has_the_plans_size_and_timers(first: Snapshot, plan: Plan) -> None:
    group, timers = first.group, plan.timers
    assert (group["MinSize"], group["MaxSize"]) == (plan.replicas.min, plan.replicas.max)
    assert group["HealthCheckType"] == "ELB"
    assert group["HealthCheckGracePeriod"] == timers.grace_period_s
    assert group["DefaultInstanceWarmup"] == timers.instance_warmup_s
    assert group["InstanceMaintenancePolicy"] == {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 200}
    assert group["LaunchTemplate"]["Version"] == "1"
    assert group["TargetGroupARNs"] == [first.outputs["target_group_arn"]]
    assert [item["LifecycleState"] for item in group["Instances"]] == ["InService"]


def test_hooks_hold_a_launch_until_the_host_says_so_and_give_it_up_otherwise(first: Snapshot, plan: Plan) -> None:
    hooks = {
        name: (hook["LifecycleTransition"], hook["HeartbeatTimeout"], hook["DefaultResult"])
        for name, hook in first.hooks.items()
    }
    timers = plan.timers
    assert hooks == {
        "vllm-launching": ("autoscaling:EC2_INSTANCE_LAUNCHING", timers.launch_heartbeat_timeout_s, "ABANDON"),
        "vllm-terminating": ("autoscaling:EC2_INSTANCE_TERMINATING", timers.terminate_heartbeat_timeout_s, "CONTINUE"),
    }


def test_target_group_drains_and_spreads_as_planned(first: Snapshot, plan: Plan) -> None:
    group, timers = first.target_group, plan.timers
    assert (group["Protocol"], group["Port"], group["TargetType"]) == ("HTTP", 8000, "instance")
    assert group["HealthCheckPath"] == "/health"
    assert group["HealthCheckIntervalSeconds"] == timers.health_interval_s
    assert group["HealthyThresholdCount"] == timers.healthy_threshold
    assert group["UnhealthyThresholdCount"] == timers.unhealthy_threshold
    attributes = first.target_attributes
    assert attributes["deregistration_delay.timeout_seconds"] == str(timers.deregistration_delay_s)
    assert attributes["load_balancing.algorithm.type"] == "least_outstanding_requests"


def test_load_balancer_is_internal_and_patient(first: Snapshot, plan: Plan) -> None:
    assert (first.balancer["Type"], first.balancer["Scheme"]) == ("application", "internal")
    assert len(first.balancer["AvailabilityZones"]) == 2
    assert first.balancer_attributes["idle_timeout.timeout_seconds"] == str(plan.timers.idle_timeout_s)


def test_listener_forwards_the_listed_paths_and_refuses_the_rest(first: Snapshot) -> None:
    forwarded = {
        int(rule["Priority"]): frozenset(
            value for item in rule["Conditions"] for value in item["PathPatternConfig"]["Values"]
        )
        for rule in first.rules
        if not rule["IsDefault"]
    }
    assert forwarded == {priority: frozenset(paths) for priority, paths in path_rules()}
    (default,) = [rule for rule in first.rules if rule["IsDefault"]]
    assert default["Actions"][0]["FixedResponseConfig"]["StatusCode"] == "404"


def test_every_alarm_of_the_table_is_armed_with_its_numbers(first: Snapshot, asked: tuple[StackConfig, Plan]) -> None:
    config, plan = asked
    wanted = metric_alarms(stack=STACK, facts=Facts.of(plan), thresholds=config.monitoring.thresholds)
    assert {
        (alarm["MetricName"], alarm["Threshold"], alarm["EvaluationPeriods"], alarm["TreatMissingData"])
        for alarm in first.alarms
    } == {(alarm.metric.name, alarm.threshold, alarm.evaluation_periods, alarm.treat_missing_data) for alarm in wanted}
    assert len(first.alarms) == len(wanted) > 0
    assert all(alarm["AlarmActions"] == [first.outputs["alarm_topic_arn"]] for alarm in first.alarms)


def test_cache_slots_are_encrypted_and_in_the_zone_of_the_fleet(first: Snapshot, plan: Plan) -> None:
    pool = plan.cache
    assert len(first.volumes) == pool.zones * pool.slots_per_zone == 2
    for volume in first.volumes:
        assert volume["Encrypted"] is True
        assert (volume["Size"], volume["Iops"]) == (pool.size_gib, pool.iops)
        assert volume["Throughput"] == pool.throughput_mibps
        assert volume["AvailabilityZone"] in first.group["AvailabilityZones"]
        assert {"Key": "vllm:cache-pool", "Value": STACK} in volume["Tags"]


def test_outputs_say_what_scripts_need(first: Snapshot, plan: Plan) -> None:
    outputs = first.outputs
    assert outputs["endpoint"] == f"http://{outputs['load_balancer_dns']}/v1"
    assert outputs["model"] == "meta-llama/Llama-3.1-8B-Instruct"
    assert outputs["plan"] == plan_dict(plan)


# Later steps. The engine's own event stream says what each touched.


def test_a_second_up_changes_nothing(life: Life) -> None:
    assert life.second_up.touched == ()
    assert life.second_up.counts == {"same": len(life.up.steps)}


def test_a_refresh_finds_no_drift(life: Life) -> None:
    assert life.refresh.touched == ()
    assert len(life.refresh.steps) == len(life.up.steps)


def test_a_changed_flag_touches_only_the_template_and_the_group(life: Life) -> None:
    touched = {(step.op, step.type) for step in life.roll.touched}
    assert touched == {
        ("update", "aws:ec2/launchTemplate:LaunchTemplate"),
        ("update", "aws:autoscaling/group:Group"),
    }


def test_a_changed_flag_rolls_the_fleet_by_an_instance_refresh(life: Life) -> None:
    first, rolled = life.first, life.rolled
    assert rolled.template["VersionNumber"] == 2
    assert rolled.template["LaunchTemplateId"] == first.template["LaunchTemplateId"]
    (refresh,) = rolled.refreshes
    assert (refresh["Status"], refresh["PercentageComplete"]) == ("Successful", 100)
    assert rolled.instance_ids.isdisjoint(first.instance_ids)
    assert [item["LaunchTemplate"]["Version"] for item in rolled.group["Instances"]] == ["2"]


def test_a_changed_flag_reaches_the_host(life: Life) -> None:
    arguments = _arguments(life.rolled)
    assert arguments[arguments.index("--max-num-seqs") + 1] == str(NEW_SEQUENCES)
    assert _arguments(life.first) != arguments


def test_a_changed_flag_leaves_cache_and_load_balancer_alone(life: Life) -> None:
    first, rolled = life.first, life.rolled
    assert {v["VolumeId"] for v in rolled.volumes} == {v["VolumeId"] for v in first.volumes}
    assert rolled.balancer == first.balancer
    assert rolled.rules == first.rules
    assert rolled.target_attributes == first.target_attributes


def test_rollout_follows_the_refresh_to_its_end(life: Life) -> None:
    assert life.rollout.returncode == 0, life.rollout.stderr
    assert "served" in life.rollout.stdout


def test_protecting_the_cache_touches_no_volume(life: Life) -> None:
    """Protection is the engine's; a stack whose cache is precious also gets secrets that can be brought back."""
    assert {(step.op, step.type, step.changed) for step in life.protect.touched} == {
        ("update", "aws:secretsmanager/secret:Secret", ("recoveryWindowInDays",))
    }


def test_destroy_leaves_exactly_the_protected_cache(life: Life) -> None:
    volumes = frozenset(volume["VolumeId"] for volume in life.first.volumes)
    assert life.left == volumes
    assert {held.id for held in life.held if held.id} == volumes
    assert {held.id for held in life.held if held.protect} == volumes


def test_every_call_carried_the_fake_key(life: Life) -> None:
    """On a machine full of real-looking credentials: environment, profiles, web identity, container role."""
    assert {call.access_key for call in life.calls} == {FAKE_KEY}
    assert len(life.calls) > 100


def test_the_emulator_knew_every_call(life: Life) -> None:
    assert [call for call in life.calls if call.status >= 500] == []


def _arguments(snapshot: Snapshot) -> list[str]:
    files = yaml.safe_load(snapshot.user_data)["write_files"]
    return next(str(entry["content"]) for entry in files if entry["path"] == "/etc/vllm/args").splitlines()
