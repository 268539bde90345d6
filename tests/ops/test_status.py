"""``ops status`` against an emulated AWS: group, instances, and what hosts say of themselves."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.server import EmulatedAws
from tests.ops.alarm_stack import GPU, alarm_stack
from tests.ops.deployed_stack import Folder, make_folder
from tests.rehearsal.aws.cloud import GROUP, HEALTHY_AFTER_S, Cloud

LOG_GROUP = "hosts"
SAID = {
    "running": 3,
    "waiting": 1,
    "tokens_per_s": 41.2,
    "kv_cache_used": 0.31,
    "up": True,
    "version": "0.32.0",
    "launch_template_version": "1",
}


@pytest.fixture
def waits() -> ManualClock:
    return ManualClock()


@pytest.fixture
def cloud(waits: ManualClock) -> Iterator[Cloud]:
    with EmulatedAws(play_host=False, waits=waits) as aws:
        aws.client("logs").create_log_group(logGroupName=LOG_GROUP)
        yield Cloud(aws)


@pytest.fixture
def folder(cloud: Cloud, tmp_path: Path) -> Folder:
    outputs = {
        "endpoint": "http://internal-front/v1",
        "autoscaling_group": GROUP,
        "target_group_arn": cloud.target_group_arn,
        "log_group": LOG_GROUP,
        **alarm_stack(cloud.aws).outputs,
    }
    return make_folder(tmp_path, outputs=outputs, environment=cloud.aws.environment())


def write(cloud: Cloud, stream: str, *messages: str) -> None:
    """As hosts do."""
    logs = cloud.aws.client("logs")
    logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName=stream)
    now_ms = time.time_ns() // 1_000_000
    events = [{"timestamp": now_ms + number, "message": message} for number, message in enumerate(messages)]
    logs.put_log_events(logGroupName=LOG_GROUP, logStreamName=stream, logEvents=events)


def serving_instance(cloud: Cloud, waits: ManualClock) -> str:
    cloud.create_group()
    instance_id = cloud.instance_id(state="Pending:Wait")
    cloud.complete(instance_id)
    cloud.health()
    waits.advance(2 * HEALTHY_AFTER_S)
    return instance_id


def status(folder: Folder) -> dict[str, Any]:
    done = folder.ops("status", "--stack", "dev", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_a_replica_shows_what_its_host_said_last(cloud: Cloud, waits: ManualClock, folder: Folder) -> None:
    instance_id = serving_instance(cloud, waits)
    write(cloud, f"{instance_id}/status", json.dumps({**SAID, "running": 9}), json.dumps(SAID))
    document = status(folder)
    assert (document["serving"], document["wanted"], document["endpoint"]) == (1, 1, "http://internal-front/v1")
    (replica,) = document["replicas"]
    assert (replica["id"], replica["version"], replica["serves"]) == (instance_id, "1", True)
    assert replica["state"] == "InService, target healthy"
    assert replica["zone"].startswith("us-east-1")
    assert replica["instance_type"] == "g6.2xlarge"
    assert replica["age_s"] >= 0
    load = replica["load"]
    assert (load["running"], load["waiting"], load["tokens_per_s"], load["vllm"]) == (3, 1, 41.2, "0.32.0")
    assert load["old"] is False


def test_it_is_a_table_for_people(cloud: Cloud, waits: ManualClock, folder: Folder) -> None:
    instance_id = serving_instance(cloud, waits)
    write(cloud, f"{instance_id}/status", json.dumps(SAID))
    done = folder.ops("status", "--stack", "dev")
    assert done.returncode == 0, done.stderr
    first, head, line, bounds, last = done.stdout.splitlines()
    assert first == "http://internal-front/v1: 1 of 1 replicas serve"
    assert head.startswith("replica ")
    assert line.startswith(f"{instance_id}  g6.2xlarge, on demand  us-east-1")
    assert bounds == "bounds now 1 to 4"
    assert "3        1        41.2      31%" in line
    assert last == "no alarm rings"


PLAN = {
    "scaling": {"signal": "in_flight", "target": 0.75, "follows_load": True},
    "host_types": [{"instance_type": "g6.2xlarge", "planned_concurrency": 8}],
}


def test_load_is_shown_against_its_target(cloud: Cloud, waits: ManualClock, folder: Folder) -> None:
    deployed = json.loads((folder.path / "outputs.dev.json").read_text())
    folder.deploy("dev", {**deployed, "plan": PLAN})
    instance_id = serving_instance(cloud, waits)
    write(cloud, f"{instance_id}/status", json.dumps(SAID))
    document = status(folder)
    assert document["replicas"][0]["load_per_planned"] == 0.5, "3 run and 1 waits, of 8 planned"
    assert (document["scale"]["load"], document["scale"]["target"]) == (0.5, 0.75)
    said = folder.ops("status", "--stack", "dev").stdout
    assert "load per replica 0.50, target 0.75 (requests against those planned)" in said


def test_the_next_scheduled_change_is_named(cloud: Cloud, waits: ManualClock, folder: Folder) -> None:
    serving_instance(cloud, waits)
    for name, recurrence, bounds in (("office-start", "0 8 * * *", (2, 4)), ("office-end", "0 18 * * *", (1, 1))):
        cloud.autoscaling.put_scheduled_update_group_action(
            AutoScalingGroupName=GROUP,
            ScheduledActionName=name,
            Recurrence=recurrence,
            TimeZone="Europe/Berlin",
            MinSize=bounds[0],
            MaxSize=bounds[1],
        )
    scale = status(folder)["scale"]
    assert (scale["least"], scale["most"]) == (1, 4)
    change = scale["change"]
    assert (change["name"], change["least"], change["most"]) in (("office-start", 2, 4), ("office-end", 1, 1))
    assert datetime.now(UTC) < datetime.fromisoformat(change["at"]) < datetime.now(UTC) + timedelta(hours=15)


def test_an_empty_fleet_says_what_starts_it(cloud: Cloud, folder: Folder) -> None:
    cloud.create_group(size=0, DesiredCapacity=0)
    done = folder.ops("status", "--stack", "dev")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "http://internal-front/v1: nothing runs, the first request starts one"


def test_alarms_that_ring_are_named(cloud: Cloud, waits: ManualClock, folder: Folder) -> None:
    serving_instance(cloud, waits)
    cloud.aws.client("cloudwatch").set_alarm_state(AlarmName=GPU, StateValue="ALARM", StateReason="Xid 79")
    assert status(folder)["alarms"] == ["gpu-xid"]
    assert folder.ops("status", "--stack", "dev").stdout.splitlines()[-1].startswith("alarms that ring: gpu-xid (")


def test_a_host_that_boots_shows_its_step(cloud: Cloud, folder: Folder) -> None:
    cloud.create_group()
    instance_id = cloud.instance_id(state="Pending:Wait")
    write(
        cloud, instance_id, json.dumps({"step": "model-files", "status": "waiting", "reason": "429", "duration_s": 1})
    )
    (replica,) = status(folder)["replicas"]
    assert (replica["serves"], replica["load"]) == (False, None)
    assert replica["note"] == "step model-files waiting: 429"


def test_what_is_no_status_line_is_passed_over(cloud: Cloud, waits: ManualClock, folder: Folder) -> None:
    instance_id = serving_instance(cloud, waits)
    write(cloud, f"{instance_id}/status", json.dumps(SAID), "cut off in the mid")
    (replica,) = status(folder)["replicas"]
    assert replica["load"]["running"] == 3


def test_a_host_of_the_former_version_is_marked(cloud: Cloud, waits: ManualClock, folder: Folder) -> None:
    serving_instance(cloud, waits)
    cloud.autoscaling.update_auto_scaling_group(
        AutoScalingGroupName=GROUP,
        LaunchTemplate={"LaunchTemplateId": cloud.template_id, "Version": cloud.new_version("second")},
    )
    (replica,) = status(folder)["replicas"]
    assert replica["version"] == "1 (now 2)"


def test_a_group_that_launches_nothing_says_how_to_go_on(cloud: Cloud, folder: Folder) -> None:
    cloud.create_group(size=0, DesiredCapacity=0)
    cloud.autoscaling.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Launch"])
    cloud.autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=1, DesiredCapacity=1)
    document = status(folder)
    assert (document["serving"], document["wanted"], document["replicas"]) == (0, 1, [])
    assert any("python -m ops rollout --resume --stack dev" in line for line in document["notes"])


def test_a_stack_that_was_never_up_says_so(folder: Folder) -> None:
    folder.destroy("dev")
    done = folder.ops("status", "--stack", "dev")
    assert done.returncode == 1
    assert "pulumi up --stack dev" in done.stderr


def test_a_group_that_is_gone_is_said_to_be(folder: Folder) -> None:
    done = folder.ops("status", "--stack", "dev")
    assert done.returncode == 1
    assert "is gone: pulumi refresh" in done.stderr
