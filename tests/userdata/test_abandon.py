"""Giving a launch up: the hook, and the stop after three in a row. Answers of AWS are documents that the fake asks as
the CLI does, with the script's own --query."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.userdata.host import INSTANCE, Host, Result, make_host

VERSION_CREATED = "2026-11-24T10:00:00+00:00"
ABANDONED = "Instance failed to complete user's Lifecycle Action: Lifecycle Action with token x was abandoned"
# `aws` as far as the script needs it: the answer by command, then --query, then --output text.
AWS = """
exec {python} - "$@" <<'PYTHON'
import json, sys, jmespath
answers = json.load(open("{answers}"))
command, query = sys.argv[2], None
if command in answers.get("refuse", []):
    sys.exit("An error occurred (AccessDenied)")
if "--query" in sys.argv:
    found = jmespath.search(sys.argv[sys.argv.index("--query") + 1], answers.get(command))
    rows = found if isinstance(found, list) and found and isinstance(found[0], list) else [found]
    for row in rows:
        print("\\t".join(map(str, row)) if isinstance(row, list) else row)
PYTHON
"""


def launch(
    status: str, *, at: str = "2026-11-24T11:00:00.123000+00:00", message: str | None = ABANDONED
) -> dict[str, Any]:
    activity = {"Description": "Launching a new EC2 instance: i-1", "StatusCode": status, "StartTime": at}
    return activity | ({"StatusMessage": message} if message else {})


def play(
    host: Host,
    *,
    activities: list[dict[str, Any]],
    state: str = "Pending:Wait",
    refresh: str | None = None,
    refuse: str | None = None,
) -> None:
    template = {"LaunchTemplateId": "lt-0a", "LaunchTemplateName": "vllm", "Version": "3"}
    me = {"AutoScalingGroupName": "vllm-group", "LifecycleState": state, "LaunchTemplate": template}
    document = {
        "describe-auto-scaling-instances": {"AutoScalingInstances": [me]},
        "describe-launch-template-versions": {"LaunchTemplateVersions": [{"CreateTime": VERSION_CREATED}]},
        "describe-scaling-activities": {"Activities": activities},
        "describe-instance-refreshes": {
            "InstanceRefreshes": [{"InstanceRefreshId": "r-1", "Status": refresh}] if refresh else []
        },
        "refuse": [refuse],
    }
    host.path("answers").write_text(json.dumps(document))
    host.fake("aws", AWS.format(python=sys.executable, answers=host.path("answers")))


@pytest.fixture
def host(tmp_path: Path) -> Host:
    host = make_host(tmp_path / "host")
    host.fake("curl", f'case "$*" in *api/token*) echo token ;; *) echo {INSTANCE} ;; esac')
    return host


def abandon(host: Host, reason: str = "4 GPUs needed") -> Result:
    """As report-failure.sh calls it."""
    start = host.path("opt") / "start.sh"
    start.write_text(f'exec "$SCRIPTS_DIR/abandon.sh" gpus "{reason}"\n')
    result = host.run("start.sh")
    assert result.status == 0, result.output
    return result


def acts(host: Host) -> list[str]:
    """The calls that change something."""
    return [call.split()[2] for call in host.calls("aws ") if " describe-" not in call]


TWICE = [launch("Cancelled"), launch("Cancelled")]


def test_a_first_failure_ends_the_hook_and_nothing_else(host: Host) -> None:
    play(host, activities=[])
    result = abandon(host)
    assert "step gpus failed: 4 GPUs needed" in result.output
    assert host.calls("aws autoscaling complete") == [
        f"aws autoscaling complete-lifecycle-action --auto-scaling-group-name vllm-group --instance-id {INSTANCE}"
        " --lifecycle-hook-name vllm-launching --lifecycle-action-result ABANDON"
    ]
    assert acts(host) == ["complete-lifecycle-action"]


def test_the_third_in_a_row_stops_the_launches_and_raises_the_alarm_first(host: Host) -> None:
    play(host, activities=TWICE)
    abandon(host)
    assert acts(host) == ["suspend-processes", "put-metric-data", "set-alarm-state", "complete-lifecycle-action"]
    (suspended,) = host.calls("aws autoscaling suspend-processes")
    assert suspended.endswith("--auto-scaling-group-name vllm-group --scaling-processes Launch")
    (metric,) = host.calls("aws cloudwatch put-metric-data")
    assert metric.endswith("--namespace vLLM --metric-name BootLoop --value 1 --dimensions Stack=dev")
    (alarm,) = host.calls("aws cloudwatch set-alarm-state")
    assert "--state-value ALARM --state-reason step gpus failed in 3 launches in a row: 4 GPUs needed" in alarm
    assert "python -m ops rollout --resume --stack dev" in alarm


@pytest.mark.parametrize(
    ("why", "activities"),
    [
        ("only two", [launch("Cancelled")]),
        ("one served in between", [launch("Cancelled"), launch("Successful", message=None), launch("Cancelled")]),
        ("of the version before", [launch("Cancelled"), launch("Cancelled", at="2026-11-24T09:59:59Z")]),
        ("no capacity: nothing was paid", [launch("Failed", message="InsufficientInstanceCapacity")] * 5),
        ("still under way", [launch("MidLifecycleAction", message=None)] * 5),
        ("terminations", [launch("Cancelled") | {"Description": "Terminating EC2 instance: i-1"}] * 5),
    ],
)
def test_what_is_not_three_in_a_row(host: Host, why: str, activities: list[dict[str, Any]]) -> None:
    play(host, activities=activities)
    abandon(host)
    assert acts(host) == ["complete-lifecycle-action"], why


def test_launches_that_ran_into_the_hooks_timeout_count(host: Host) -> None:
    play(host, activities=[launch("Failed", message=f"{ABANDONED}: Heartbeat Timeout"), launch("Cancelled")])
    abandon(host)
    assert "suspend-processes" in acts(host)


def test_a_launch_in_the_second_of_the_version_counts(host: Host) -> None:
    play(host, activities=[launch("Cancelled", at="2026-11-24T10:00:00.500Z")] * 2)
    abandon(host)
    assert "suspend-processes" in acts(host)


@pytest.mark.parametrize("status", ["Pending", "InProgress", "RollbackInProgress", "Baking", "Cancelling"])
def test_an_instance_refresh_fails_by_itself(host: Host, status: str) -> None:
    play(host, activities=TWICE, refresh=status)
    result = abandon(host)
    assert acts(host) == ["complete-lifecycle-action"]
    assert "the instance refresh in progress fails and rolls back by itself" in result.output


def test_a_refresh_that_has_ended_does_not_hold_the_stop_up(host: Host) -> None:
    play(host, activities=TWICE, refresh="RollbackSuccessful")
    abandon(host)
    assert "suspend-processes" in acts(host)


@pytest.mark.parametrize(
    "refused", ["describe-scaling-activities", "describe-launch-template-versions", "suspend-processes"]
)
def test_a_count_that_fails_does_not_keep_the_hook_waiting(host: Host, refused: str) -> None:
    play(host, activities=TWICE, refuse=refused)
    result = abandon(host)
    assert acts(host)[-1] == "complete-lifecycle-action"
    assert "launches in a row are not counted, or not stopped" in result.output


def test_a_host_that_is_faster_than_the_group_waits_for_the_hook(host: Host) -> None:
    play(host, activities=[], state="Pending")
    later = host.path("answers").read_text().replace('"Pending"', '"Pending:Wait"')
    host.path("later").write_text(later)
    host.fake("sleep", f"cp {host.path('later')} {host.path('answers')}")
    abandon(host)
    assert acts(host) == ["complete-lifecycle-action"]


@pytest.mark.parametrize("state", ["Terminating:Wait", "Pending:Proceed"])
def test_in_other_states_nothing_is_given_up(host: Host, state: str) -> None:
    play(host, activities=TWICE, state=state)
    assert f"nothing to give up in state {state}" in abandon(host).output
    assert acts(host) == []


def test_a_reason_of_any_form_reaches_the_alarm_in_its_limit(host: Host) -> None:
    play(host, activities=TWICE)
    abandon(host, reason="vLLM exits: " + "x" * 2000)
    (alarm,) = host.calls("aws cloudwatch set-alarm-state")
    assert len(alarm.split("--state-reason ")[1]) == 1000  # AWS allows 1023
