"""Out of the load balancer before vLLM stops, and back in when it serves again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.userdata.cloud_cli import play_cloud
from tests.userdata.host import INSTANCE, Host, make_host
from userdata.files.publisher.files import counted
from userdata.files.publisher.settings import settings_of

TARGET = f"--target-group-arn arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/vllm/0123456789abcdef --targets Id={INSTANCE}"  # noqa: E501
LEAVE = f"aws elbv2 deregister-targets {TARGET}"
JOIN = f"aws elbv2 register-targets {TARGET}"
STOP = "docker stop -t 150 vllm"


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A host whose container runs."""
    host = make_host(tmp_path / "host")
    host.fake("docker", ":")
    host.fake("systemctl", ":")
    return host


def acts(host: Host) -> list[str]:
    return [call for call in host.calls() if call in (LEAVE, JOIN, STOP, "sleep 10")]


def is_out(host: Host) -> bool:
    return host.path("run/out-of-rotation").exists()


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("healthy", [LEAVE, "sleep 10", STOP]),
        ("unhealthy", [LEAVE, "sleep 10", STOP]),
        ("initial", [LEAVE, "sleep 10", STOP]),
        ("draining", ["sleep 10", STOP]),  # the group was faster; its nodes may not know yet
        ("None", [STOP]),
        ("unused", [STOP]),
    ],
)
def test_nothing_new_is_sent_when_vllm_is_told_to_stop(host: Host, target: str, expected: list[str]) -> None:
    play_cloud(host, targets=[target], states=["InService"])
    result = host.run("stop-vllm.sh")
    assert result.status == 0, result.output
    assert acts(host) == expected
    assert is_out(host)


def test_a_stop_of_a_server_that_has_ended_asks_nobody(host: Host) -> None:
    play_cloud(host, targets=["healthy"], states=["InService"])
    host.fake("docker", "exit 1")
    assert host.run("stop-vllm.sh").status == 0
    assert host.calls("aws") == []
    assert not is_out(host)


def test_a_server_that_has_ended_is_sent_nothing_from_now_on(host: Host) -> None:
    """No look before, and no wait after."""
    play_cloud(host, targets=["healthy"], states=["InService"])
    result = host.run("leave.sh")
    assert result.status == 0, result.output
    assert host.calls("aws") == [LEAVE]
    assert acts(host) == [LEAVE]
    assert is_out(host)


@pytest.mark.parametrize("program", ["aws", "curl"])
def test_a_server_that_has_ended_is_left_to_the_health_checks_where_aws_does_not_answer(
    host: Host, program: str
) -> None:
    play_cloud(host, targets=["healthy"], states=["InService"])
    host.fake(program, "exit 28")
    result = host.run("leave.sh")
    assert result.status == 0
    assert "the load balancer's own check keeps requests away" in result.output
    assert is_out(host)


def test_a_load_balancer_that_does_not_answer_holds_up_no_stop(host: Host) -> None:
    play_cloud(host, targets=["healthy"], states=["InService"])
    host.fake("aws", "echo 'Rate exceeded' >&2; exit 254")
    result = host.run("stop-vllm.sh")
    assert result.status == 0
    assert "the target could not be deregistered (it is not known)" in result.output
    assert acts(host) == [LEAVE, STOP]


def test_metadata_that_do_not_answer_hold_up_no_stop(host: Host) -> None:
    host.fake("curl", "exit 28")
    host.fake("aws", ":")
    assert host.run("stop-vllm.sh").status == 0
    assert acts(host) == [STOP]


@pytest.mark.parametrize(("target", "expected"), [("None", [JOIN]), ("draining", [JOIN]), ("healthy", [])])
def test_a_host_that_serves_again_is_brought_back(host: Host, target: str, expected: list[str]) -> None:
    play_cloud(host, targets=[target], states=["InService"])
    host.path("run/out-of-rotation").touch()
    result = host.run("rejoin.sh")
    assert result.status == 0, result.output
    assert acts(host) == expected
    assert not is_out(host)


@pytest.mark.parametrize("state", ["Pending:Wait", "Standby", "Terminating", "Terminating:Wait", "none"])
def test_only_a_host_in_service_is_brought_back(host: Host, state: str) -> None:
    play_cloud(host, targets=["None"], states=[state])
    host.path("run/out-of-rotation").touch()
    assert host.run("rejoin.sh").status == 3
    assert acts(host) == []
    assert is_out(host)


def test_a_server_that_stops_meanwhile_is_not_brought_back(host: Host) -> None:
    play_cloud(host, targets=["None"], states=["InService"])
    host.fake("systemctl", "exit 3")
    assert host.run("rejoin.sh").status == 3
    assert acts(host) == []


def test_a_refused_registration_is_tried_again_later(host: Host) -> None:
    play_cloud(host, targets=["None"], states=["InService"])
    aws = host.path("bin/aws").read_text()
    host.path("bin/aws").write_text(aws.replace('case "$*" in', 'case "$*" in\n*register*) exit 255 ;;', 1))
    host.path("run/out-of-rotation").touch()
    assert host.run("rejoin.sh").status == 1
    assert is_out(host)


def test_a_hung_host_is_unhealthy_for_the_group_and_sent_nothing(host: Host) -> None:
    play_cloud(host, targets=["healthy"], states=["InService"])
    result = host.run("replace.sh", "vLLM hangs")
    assert result.status == 0, result.output
    calls = host.calls("aws")
    assert calls[1] == (
        f"aws autoscaling set-instance-health --instance-id {INSTANCE} --health-status Unhealthy"
        " --no-should-respect-grace-period"
    )
    assert calls.index(LEAVE) > 1


@pytest.mark.parametrize("state", ["Pending:Wait", "Terminating:Wait", "Standby", "none"])
def test_a_host_that_is_not_in_service_is_left_to_whoever_has_it(host: Host, state: str) -> None:
    play_cloud(host, targets=["healthy"], states=[state])
    result = host.run("replace.sh", "vLLM hangs")
    assert result.status == 3
    assert f"not replaced in state {state}: vLLM hangs" in result.output
    assert host.calls("aws autoscaling set-instance-health") == []
    assert acts(host) == []


def test_a_word_is_an_event_of_the_log_group_at_once(host: Host) -> None:
    play_cloud(host, targets=["healthy"], states=["InService"])
    result = host.run("tell.sh", "agent", "warning", 'GPU "0": Xid 79', "12")
    assert result.status == 0, result.output
    assert 'vllm: agent warning: GPU "0": Xid 79' in result.output
    assert host.events() == [{"step": "agent", "status": "warning", "reason": 'GPU "0": Xid 79', "duration_s": 12.0}]
    sent = json.loads(host.path("run/events.batch").read_text())
    assert [json.loads(event["message"])["step"] for event in sent] == ["agent"]
    assert len(host.calls("aws logs put-log-events")) == 1


def test_a_count_is_a_metric_of_the_stack(host: Host) -> None:
    play_cloud(host, targets=["healthy"], states=["InService"])
    assert host.run("measure.sh", "RequestsCut", "12").status == 0
    assert host.calls("aws") == [
        "aws cloudwatch put-metric-data --namespace vLLM --metric-name RequestsCut --value 12 --unit Count"
        " --dimensions Stack=dev"
    ]


def test_a_count_is_kept_for_the_publisher_whatever_cloudwatch_says(host: Host) -> None:
    host.fake("aws", "exit 255")
    assert host.run("measure.sh", "RequestsCut", "3").status != 0
    host.fake("aws", "exit 0")
    assert host.run("measure.sh", "RequestsCut", "4").status == 0
    told = {"STACK": "dev", "METRICS_PORT_OPEN": "false", "PLANNED_CONCURRENCY": "8"}
    assert counted(settings_of({**host.environment, **told})) == {"RequestsCut": 7.0}
