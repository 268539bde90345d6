"""boot.sh and report-failure.sh: order, durations, and what an end leaves behind. The steps are stand-ins here."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.userdata.builders import COLD_START
from tests.userdata.host import REAL_SHORT_SLEEP, Host, Result, make_host
from userdata.render import host_files

(LINE,) = [line for line in host_files()["boot.sh"].splitlines() if line.startswith("STEPS=(")]
STEPS = LINE.removeprefix("STEPS=(").removesuffix(")").split()
CURL = """
case "$*" in
  *api/token*) echo token ;;
  *instance-id*) echo i-0123456789abcdef0 ;;
  *instance-type*) echo g6.2xlarge ;;
  *availability-zone*) echo us-east-1a ;;
esac
"""


def play_aws(host: Host, *, state: str, events: str = ":") -> None:
    """The instance is in lifecycle state ``state``; ``events`` is what put-log-events does."""
    batch = host.path("batches")
    group = f"*LaunchTemplate*) echo 'vllm-group {state} lt-0a 1' ;; *describe-auto*) echo 'vllm-group {state}' ;;"
    put = f'{events}; [[ "$*" =~ file://([^ ]+) ]]; cat "${{BASH_REMATCH[1]}}" >>"{batch}"; echo >>"{batch}"'
    host.fake(
        "aws",
        f'case "$*" in {group} *put-log-events*) {put} ;; esac',
    )


def replace_step(host: Host, name: str, body: str) -> None:
    (host.path("opt") / f"steps/{name}.sh").write_text(
        f'#!/bin/bash\nset -Eeuo pipefail\n. "$SCRIPTS_DIR/step.sh"\necho "{name}" >>"{host.path("order")}"\n{body}\n'
    )


@pytest.fixture
def host(tmp_path: Path) -> Host:
    host = make_host(tmp_path / "host")
    host.fake("curl", CURL)
    host.fake("sleep", REAL_SHORT_SLEEP)
    host.fake("systemctl", "echo running")
    play_aws(host, state="Pending:Wait")
    for name in STEPS:
        replace_step(host, name, ":")
    return host


def boot(host: Host, *, service_result: str = "exit-code") -> Result:
    """What systemd does: runs the boot and, when it has failed, the report, with what it has seen itself."""
    done = host.run("boot.sh")
    if done.status == 0:
        return done
    report = host.run("report-failure.sh", variables={"SERVICE_RESULT": service_result})
    assert report.status == 0, report.output
    return Result(status=done.status, output=done.output + report.output)


def test_the_steps_run_in_order_and_are_reported_with_their_durations(host: Host) -> None:
    replace_step(host, "image", 'echo "1003.25 0" >"$UPTIME_FILE"')
    result = boot(host)
    assert result.status == 0, result.output
    assert host.path("order").read_text().split() == STEPS
    assert "vllm: step image ok in 3.25 s" in result.output
    assert "vllm: serving after 3.25 s" in result.output
    events = host.events()
    assert [event["step"] for event in events] == [*STEPS, "boot"]
    assert {event["status"] for event in events} == {"ok"}
    assert {event["step"]: event["duration_s"] for event in events}["image"] == 3.25


def test_what_a_step_says_at_its_end_goes_with_its_event(host: Host) -> None:
    replace_step(host, "secrets", 'say "keys of version 1"')
    assert boot(host).status == 0
    assert {event["step"]: event["reason"] for event in host.events() if event["reason"]}[
        "secrets"
    ] == "keys of version 1"
    assert [event["step"] for event in host.events() if event["reason"] == "keys of version 1"] == ["secrets"]


def test_the_order_of_the_steps_is_that_of_what_each_needs() -> None:
    before_the_download = ["instance-type", "cache-slot", "container-store", "gpus", "secrets", "cache-space"]
    after_it = ["vllm", "probe", "lifecycle-hook", "tags"]
    assert [*before_the_download, "image", "model-files", *after_it] == STEPS


def test_the_boot_is_reported_with_its_plan(host: Host) -> None:
    replace_step(host, "image", 'echo "1003.25 0" >"$UPTIME_FILE"')
    assert boot(host).status == 0
    report = json.loads((host.path("run") / "boot-report.json").read_text())
    assert {name: report[name] for name in ("instance_id", "instance_type", "stack", "image", "total_s")} == {
        "instance_id": "i-0123456789abcdef0",
        "instance_type": "g6.2xlarge",
        "stack": "dev",
        "image": "vllm/vllm-openai:v0.32.0",
        "total_s": 3.25,
    }
    assert report["planned_s"] == {phase: float(seconds) for phase, seconds in COLD_START}
    assert [step["step"] for step in report["steps"]] == STEPS
    assert json.loads(host.events()[-1]["reason"]) == report


def test_the_durations_are_metrics(host: Host) -> None:
    replace_step(host, "image", 'echo "1003.25 0" >"$UPTIME_FILE"')
    assert boot(host).status == 0
    (call,) = host.calls("aws cloudwatch put-metric-data")
    assert (
        call
        == f"aws cloudwatch put-metric-data --namespace vLLM --metric-data file://{host.path('run')}/boot-metrics.json"
    )
    metrics = json.loads((host.path("run") / "boot-metrics.json").read_text())
    stack = {"Name": "Stack", "Value": "dev"}
    image = [stack, {"Name": "Step", "Value": "image"}]
    assert {"MetricName": "BootStepSeconds", "Dimensions": image, "Value": 3.25, "Unit": "Seconds"} in metrics
    assert {"MetricName": "BootSeconds", "Dimensions": [stack], "Value": 3.25, "Unit": "Seconds"} in metrics
    assert len(metrics) == len(STEPS) + 1


@pytest.mark.parametrize("program", ["aws", "python3 of the report"])
def test_a_report_that_fails_does_not_end_a_host_that_serves(host: Host, program: str) -> None:
    if program == "aws":
        host.fake("aws", 'case "$*" in *describe-auto*) echo "g Pending:Wait lt 1" ;; *cloudwatch*) exit 254 ;; esac')
    else:
        (host.path("opt") / "report.py").write_text("import sys\nsys.exit(1)\n")
    result = boot(host)
    assert result.status == 0, result.output
    assert host.events()[-1]["step"] == "boot"


def test_every_event_reaches_the_log_group_once(host: Host) -> None:
    assert boot(host).status == 0
    assert len(host.calls("aws logs create-log-stream")) == 1
    sent = re.findall(r'\\"step\\": \\"([a-z-]+)\\"', host.path("batches").read_text())
    assert sent == [*STEPS, "boot"]
    put = host.calls("aws logs put-log-events")[0]
    assert "--log-group-name vllm-hosts-0a1b2c3 --log-stream-name i-0123456789abcdef0" in put


def test_a_log_group_that_refuses_does_not_stop_a_boot(host: Host) -> None:
    play_aws(host, state="Pending:Wait", events="exit 254")
    result = boot(host)
    assert result.status == 0
    assert "did not take the events" in result.output


def test_a_failing_step_abandons_the_launch_with_its_name_and_reason(host: Host) -> None:
    replace_step(host, "gpus", 'fail "4 GPUs needed, nvidia-smi says: none"')
    result = boot(host)
    assert result.status == 1
    assert "vllm: step gpus failed after 0.00 s: 4 GPUs needed, nvidia-smi says: none" in result.output
    assert host.path("order").read_text().split() == STEPS[: STEPS.index("gpus") + 1]
    assert host.events()[-1] == {
        "step": "gpus",
        "status": "failed",
        "reason": "4 GPUs needed, nvidia-smi says: none",
        "duration_s": 0.0,
    }
    assert host.calls("aws autoscaling complete-lifecycle-action") == [
        "aws autoscaling complete-lifecycle-action --auto-scaling-group-name vllm-group"
        " --instance-id i-0123456789abcdef0 --lifecycle-hook-name vllm-launching --lifecycle-action-result ABANDON"
    ]
    # The reason is in the log group before the launch is given up.
    order = [call for call in host.calls("aws ") if "put-log-events" in call or "complete-lifecycle" in call]
    assert "put-log-events" in order[-2]


def test_a_command_that_fails_without_a_word_of_ours_still_has_a_reason(host: Host) -> None:
    replace_step(host, "image", 'echo "no space left on device" >&2\nfalse')
    assert boot(host).status == 1
    assert host.events()[-1]["reason"] == "image.sh line 6: no space left on device"


def test_a_reason_of_several_lines_is_one_line_everywhere(host: Host) -> None:
    replace_step(host, "secrets", """fail "the key could not be read: $(printf '\\nAccessDenied:\\n  no')" """)
    result = boot(host)
    assert "step secrets failed after 0.00 s: the key could not be read: AccessDenied: no\n" in result.output
    assert host.events()[-1]["reason"] == "the key could not be read: AccessDenied: no"


def test_after_a_reboot_no_hook_is_abandoned_and_no_heartbeat_is_sent(host: Host) -> None:
    play_aws(host, state="InService")
    replace_step(host, "image", 'fail "no space left"')
    result = boot(host)
    assert result.status == 1
    assert host.calls("aws autoscaling complete-lifecycle-action") == []
    assert host.calls("aws autoscaling record-lifecycle-action-heartbeat") == []
    # The load balancer has taken it out; only the group can put another in its place.
    assert host.calls("aws autoscaling set-instance-health") == [
        "aws autoscaling set-instance-health --instance-id i-0123456789abcdef0 --health-status Unhealthy"
    ]


def test_a_boot_interrupted_by_a_shutdown_is_not_abandoned(host: Host) -> None:
    host.fake("systemctl", "echo stopping; exit 1")
    replace_step(host, "image", "exit 1")
    result = boot(host, service_result="signal")
    assert "the machine goes down; the next boot goes on" in result.output
    assert [event["status"] for event in host.events()][-1] == "warning"
    assert " failed after" not in result.output
    assert host.calls("aws autoscaling complete-lifecycle-action") == []


@pytest.mark.parametrize("seen", ["timeout", "signal", "oom-kill"])
def test_an_end_that_only_systemd_has_seen_is_reported_too(host: Host, seen: str) -> None:
    replace_step(host, "vllm", "kill -KILL $$")
    boot(host, service_result=seen)
    assert host.events()[-1]["step"] == "vllm"
    assert host.events()[-1]["reason"] == f"ended by systemd: {seen} (the boot deadline is 1500 s)"
    assert "ABANDON" in host.calls("aws autoscaling complete-lifecycle-action")[0]


def test_a_boot_stopped_on_purpose_is_no_failure(host: Host) -> None:
    replace_step(host, "vllm", "exit 1")
    result = boot(host, service_result="success")
    assert "failed" not in result.output
    assert host.calls("aws autoscaling complete-lifecycle-action") == []


def test_heartbeats_are_sent_while_it_boots(host: Host) -> None:
    beat = "record-lifecycle-action-heartbeat"
    replace_step(host, "vllm", f'until grep -q {beat} "{host.path("calls")}"; do /bin/sleep 0.02; done')
    result = boot(host)
    assert result.status == 0, result.output
    assert "--lifecycle-hook-name vllm-launching" in host.calls(f"aws autoscaling {beat}")[0]


def test_without_metadata_nothing_is_started(host: Host) -> None:
    host.fake("curl", "exit 7")
    result = host.run("boot.sh")
    assert result.status == 1
    assert not host.path("order").exists()
    report = host.run("report-failure.sh", variables={"SERVICE_RESULT": "exit-code"})
    assert "step metadata failed after 0.00 s: http://169.254.169.254 does not answer" in report.output
    assert "this launch ends at the timeout of vllm-launching" in report.output


def test_an_instance_outside_of_a_group_boots_too(host: Host) -> None:
    host.fake("aws", 'case "$*" in *describe-auto-scaling-instances*) echo None ;; esac')
    replace_step(host, "image", 'fail "no space left"')
    result = boot(host)
    assert "nothing to give up in state None" in result.output
