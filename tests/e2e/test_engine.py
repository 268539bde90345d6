"""The committed stacks on the real engine and AWS provider: what AWS holds, and what each later step changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from components.aws.path_rules import path_rules
from monitoring.alarms import metric_alarms, with_capacity_tried
from monitoring.conditions import Metric
from monitoring.facts import Facts
from monitoring.table.launches import NO_CAPACITY
from rehearsal.aws.environment import FAKE_KEY
from rehearsal.engine.older_provider import GP3_MIBPS_MAX
from sizing.plan_view import plan_dict
from tests.e2e.life import NEW_SEED, Life
from tests.e2e.lives import Lives
from tests.e2e.observed import Snapshot
from tests.program.cases import STACKS, Case, load_case
from userdata.options import AwsNames, host_options
from userdata.render import cloud_config

pytestmark = pytest.mark.e2e

INSTANCE_TYPE = {"dev": "g6.2xlarge", "prod": "g6e.12xlarge"}
MODEL = {"dev": "meta-llama/Llama-3.1-8B-Instruct", "prod": "meta-llama/Llama-3.1-70B-Instruct"}


@pytest.fixture(params=STACKS, scope="module")
def life(request: pytest.FixtureRequest, lives: Lives) -> Life:
    return lives.of(request.param)


@pytest.fixture
def asked(life: Life) -> Case:
    """What the stack file asks for and what it takes, as planned and graphed in this process."""
    return load_case(life.stack)


@pytest.fixture
def first(life: Life) -> Snapshot:
    return life.first


# After the first up.


def test_user_data_is_what_the_renderer_makes_of_the_names_in_aws(first: Snapshot, asked: Case) -> None:
    names = AwsNames(
        scripts_bucket=first.outputs["scripts_bucket"],
        api_keys_secret_arn=first.outputs["api_keys_secret_arn"],
        hf_token_secret_arn=first.outputs["hf_token_secret_arn"],
        log_group=first.outputs["log_group"],
        target_group_arn=first.outputs["target_group_arn"],
    )
    assert first.user_data == cloud_config(host_options(config=asked.config, plan=asked.plan, names=names))


def test_launch_template_has_the_safe_settings(first: Snapshot, asked: Case) -> None:
    data = first.template["LaunchTemplateData"]
    assert data["InstanceType"] == asked.plan.instance_type == INSTANCE_TYPE[asked.name]
    assert data["ImageId"] == first.outputs["image_id"]
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    assert data["MetadataOptions"]["HttpPutResponseHopLimit"] == 1
    (disk,) = data["BlockDeviceMappings"]
    assert disk["Ebs"]["Encrypted"] is True
    assert disk["Ebs"]["VolumeSize"] == asked.plan.root_volume_gib
    tagged = {spec["ResourceType"]: {tag["Key"] for tag in spec["Tags"]} for spec in data["TagSpecifications"]}
    assert set(tagged) == {"instance", "volume", "network-interface"}
    assert all(keys == {"Project", "Stack", "ManagedBy", "Name"} for keys in tagged.values())


def test_group_has_the_plans_size_and_timers(first: Snapshot, asked: Case) -> None:
    group, replicas, timers = first.group, asked.plan.replicas, asked.plan.timers
    assert (group["MinSize"], group["MaxSize"]) == (replicas.min, replicas.max)
    assert group["HealthCheckType"] == "EC2"
    assert group["HealthCheckGracePeriod"] == timers.grace_period_s
    assert group["DefaultInstanceWarmup"] == timers.instance_warmup_s
    assert group["InstanceMaintenancePolicy"]["MinHealthyPercentage"] == 100
    assert group["LaunchTemplate"]["Version"] == "1"
    assert group["TargetGroupARNs"] == [first.outputs["target_group_arn"]]
    assert [item["LifecycleState"] for item in group["Instances"]] == ["InService"] * replicas.min


def test_hooks_hold_a_launch_until_the_host_says_so_and_give_it_up_otherwise(first: Snapshot, asked: Case) -> None:
    hooks = {
        name: (hook["LifecycleTransition"], hook["HeartbeatTimeout"], hook["DefaultResult"])
        for name, hook in first.hooks.items()
    }
    timers = asked.plan.timers
    assert hooks == {
        "vllm-launching": ("autoscaling:EC2_INSTANCE_LAUNCHING", timers.launch_heartbeat_timeout_s, "ABANDON"),
        "vllm-terminating": ("autoscaling:EC2_INSTANCE_TERMINATING", timers.terminate_heartbeat_timeout_s, "CONTINUE"),
    }


def test_target_group_drains_and_spreads_as_planned(first: Snapshot, asked: Case) -> None:
    group, timers = first.target_group, asked.plan.timers
    assert (group["Protocol"], group["Port"], group["TargetType"]) == ("HTTP", 8000, "instance")
    assert group["HealthCheckPath"] == "/health"
    assert group["HealthCheckIntervalSeconds"] == timers.health_interval_s
    assert group["HealthyThresholdCount"] == timers.healthy_threshold
    assert group["UnhealthyThresholdCount"] == timers.unhealthy_threshold
    attributes = first.target_attributes
    assert attributes["deregistration_delay.timeout_seconds"] == str(timers.deregistration_delay_s)
    assert attributes["load_balancing.algorithm.type"] == "least_outstanding_requests"


def test_load_balancer_is_internal_patient_and_kept_as_asked(first: Snapshot, asked: Case) -> None:
    assert (first.balancer["Type"], first.balancer["Scheme"]) == ("application", "internal")
    assert len(first.balancer["AvailabilityZones"]) == 2
    attributes = first.balancer_attributes
    assert attributes["idle_timeout.timeout_seconds"] == str(asked.plan.timers.idle_timeout_s)
    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"
    protected = asked.config.endpoint.deletion_protection
    assert attributes["deletion_protection.enabled"] == ("true" if protected else "false")


def test_the_listener_that_serves_forwards_the_listed_paths_and_refuses_the_rest(first: Snapshot, asked: Case) -> None:
    port = 443 if asked.config.endpoint.is_https else 80
    assert max(first.listeners) == port
    forwarded = {
        int(rule["Priority"]): frozenset(
            value for item in rule["Conditions"] for value in item["PathPatternConfig"]["Values"]
        )
        for rule in first.rules[port]
        if not rule["IsDefault"]
    }
    assert forwarded == {priority: frozenset(paths) for priority, paths in path_rules()}
    (default,) = [rule for rule in first.rules[port] if rule["IsDefault"]]
    assert default["Actions"][0]["FixedResponseConfig"]["StatusCode"] == "404"


def _measures(alarm: Mapping[str, Any]) -> str:
    """A metric's name, or the expression of metric math."""
    (expression,) = [query["Expression"] for query in alarm.get("Metrics", []) if "Expression" in query] or [""]
    return str(alarm.get("MetricName") or expression)


def test_every_alarm_of_the_table_is_armed_with_its_numbers(first: Snapshot, asked: Case) -> None:
    facts = Facts.of(asked.plan, has_certificate=asked.config.endpoint.is_https)
    wanted = metric_alarms(stack=asked.name, facts=facts, thresholds=asked.config.monitoring.thresholds)
    assert {
        (_measures(alarm), alarm["Threshold"], alarm["EvaluationPeriods"], alarm["TreatMissingData"])
        for alarm in first.alarms
    } == {
        (
            alarm.metric.name if isinstance(alarm.metric, Metric) else alarm.metric.expression,
            alarm.threshold,
            alarm.evaluation_periods,
            alarm.treat_missing_data,
        )
        for alarm in wanted
    }
    assert len(first.alarms) == len(wanted) > 0
    topic = first.outputs["alarm_topic_arn"]
    telling = {alarm["AlarmDescription"] for alarm in first.alarms if alarm["AlarmActions"] == [topic]}
    tried = {
        "types": [each.instance_type for each in asked.plan.host_types],
        "zones": sorted(first.group["AvailabilityZones"]),
    }
    assert telling == {
        with_capacity_tried(alarm.description, **tried) if alarm.id == NO_CAPACITY else alarm.description
        for alarm in wanted
        if alarm.tells
    }
    assert all(alarm["AlarmActions"] in ([], [topic]) for alarm in first.alarms)
    assert [item["Endpoint"] for item in first.subscriptions] == list(asked.config.monitoring.notify)


def test_cache_slots_are_encrypted_and_in_the_zones_of_the_fleet(first: Snapshot, asked: Case) -> None:
    pool = asked.plan.cache
    zones = [volume["AvailabilityZone"] for volume in first.volumes]
    assert {zone: zones.count(zone) for zone in zones} == dict.fromkeys(
        first.group["AvailabilityZones"], pool.slots_per_zone
    )
    assert len(first.group["AvailabilityZones"]) == pool.zones
    for volume in first.volumes:
        assert volume["Encrypted"] is True
        assert (volume["Size"], volume["Iops"]) == (pool.size_gib, pool.iops)
        assert volume["Throughput"] == min(pool.throughput_mibps, GP3_MIBPS_MAX)
    assert all(tags["vllm:cache-pool"] == asked.name for tags in first.volume_tags())


def test_outputs_say_what_scripts_need(first: Snapshot, asked: Case) -> None:
    outputs, endpoint = first.outputs, asked.config.endpoint
    scheme, host = ("https", endpoint.domain) if endpoint.is_https else ("http", outputs["load_balancer_dns"])
    assert outputs["endpoint"] == f"{scheme}://{host}/v1"
    assert outputs["model"] == MODEL[asked.name]
    assert outputs["plan"] == plan_dict(asked.plan)
    assert set(outputs["zones"]) >= set(first.group["AvailabilityZones"])


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
    assert [item["LaunchTemplate"]["Version"] for item in rolled.group["Instances"]] == ["2"] * len(first.instance_ids)
    assert rolled.instance_zones == first.instance_zones


def test_a_changed_flag_reaches_the_host(life: Life) -> None:
    arguments = _arguments(life.rolled)
    assert arguments[arguments.index("--seed") + 1] == str(NEW_SEED)
    assert _arguments(life.first) != arguments


def test_a_changed_flag_leaves_cache_and_load_balancer_alone(life: Life) -> None:
    first, rolled = life.first, life.rolled
    assert {v["VolumeId"] for v in rolled.volumes} == {v["VolumeId"] for v in first.volumes}
    assert rolled.balancer == first.balancer
    assert rolled.rules == first.rules
    assert rolled.target_attributes.items() >= first.target_attributes.items()


def test_rollout_follows_the_refresh_to_its_end(life: Life) -> None:
    assert life.rollout.returncode == 0, life.rollout.stderr
    assert "served" in life.rollout.stdout


def test_the_last_destroy_leaves_exactly_the_protected_cache(life: Life) -> None:
    volumes = frozenset(volume["VolumeId"] for volume in life.first.volumes)
    end = life.partings[-1]
    assert end.left == volumes
    assert {held.id for held in end.held if held.id} == volumes
    assert {held.id for held in end.held if held.protect} == volumes


def test_every_call_carried_the_fake_key(life: Life) -> None:
    """On a machine full of real-looking credentials: environment, profiles, web identity, container role."""
    assert {call.access_key for call in life.calls} == {FAKE_KEY}
    assert len(life.calls) > 100


def test_the_emulator_knew_every_call(life: Life) -> None:
    assert [call for call in life.calls if call.status >= 500] == []


def _arguments(snapshot: Snapshot) -> list[str]:
    files = yaml.safe_load(snapshot.user_data)["write_files"]
    return next(str(entry["content"]) for entry in files if entry["path"] == "/etc/vllm/args").splitlines()
