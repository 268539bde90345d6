"""From 'the group wants this instance gone' to the completed hook."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.userdata.host import Host, make_host

NO_TARGET = "None"


def play_cloud(host: Host, *, targets: list[str], states: list[str], terminated_after: int = 0) -> None:
    """``targets`` and ``states``: what the target and the instance are at each question; the last one stays."""
    count = f'next() {{ echo x >>"{host.root}/$1"; wc -l <"{host.root}/$1"; }}'
    pick = 'pick() { local n; n=$(next "$1"); shift; ((n <= $#)) || n=$#; echo "${!n}"; }'
    host.fake(
        "curl",
        f"""{count}
case "$*" in
  *api/token*) echo token ;;
  *instance-id*) echo i-0123456789abcdef0 ;;
  *availability-zone*) echo us-east-1a ;;
  *target-lifecycle-state*) (($(next imds) > {terminated_after})) && echo Terminated || echo InService ;;
esac""",
    )
    host.fake(
        "aws",
        f"""{count}
{pick}
case "$*" in
  *describe-target-health*) pick targets {" ".join(targets)} ;;
  *describe-auto-scaling-instances*) echo "vllm-group $(pick states {" ".join(states)})" ;;
  *describe-volumes*) echo '["vol-0a"]' ;;
esac""",
    )


@pytest.fixture
def host(tmp_path: Path) -> Host:
    host = make_host(tmp_path / "host")
    for program in ("systemctl", "umount"):
        host.fake(program, ":")
    host.fake("mountpoint", ":")
    for name in ("docker", "containerd"):
        (host.path("cache/engine") / name).mkdir(parents=True)
        host.path(name).rmdir()
        host.path(name).symlink_to(host.path("cache/engine") / name)
    return host


def acts(host: Host) -> list[str]:
    """What changed something, in order."""
    verbs = ("systemctl", "umount", "aws ec2 detach", "aws autoscaling complete")
    return [call for call in host.calls() if call.startswith(verbs)]


def test_requests_end_before_the_slot_and_the_slot_before_the_hook(host: Host) -> None:
    play_cloud(host, targets=["healthy", "healthy", "draining"], states=["Terminating:Wait"], terminated_after=2)
    result = host.run("drain.sh")
    assert result.status == 0, result.output
    assert acts(host) == [
        "systemctl stop vllm-boot.service",
        "systemctl stop vllm.service",
        "systemctl stop docker.socket docker.service containerd.service",
        f"umount {host.path('docker')}",
        f"umount {host.path('containerd')}",
        f"umount {host.path('cache')}",
        "aws ec2 detach-volume --volume-id vol-0a",
        "aws autoscaling complete-lifecycle-action --auto-scaling-group-name vllm-group --instance-id"
        " i-0123456789abcdef0 --lifecycle-hook-name vllm-terminating --lifecycle-action-result CONTINUE",
    ]
    asked = [call for call in host.calls() if "describe-target-health" in call or call.endswith("stop vllm.service")]
    assert [call.split()[0] for call in asked] == ["aws", "aws", "aws", "systemctl"]


def test_every_node_of_the_load_balancer_learns_of_the_end_before_the_server_stops(host: Host) -> None:
    play_cloud(host, targets=["draining"], states=["Terminating:Wait"])
    assert host.run("drain.sh").status == 0
    calls = host.calls()
    assert calls[calls.index("systemctl stop vllm.service") - 1] == "sleep 10"


def test_a_host_that_has_no_slot_yet_ends_without_one(host: Host) -> None:
    play_cloud(host, targets=[NO_TARGET], states=["Terminating:Wait"])
    host.fake("mountpoint", "exit 1")
    for name in ("docker", "containerd"):
        host.path(name).unlink()
        host.path(name).mkdir()
    result = host.run("drain.sh")
    assert result.status == 0
    assert host.calls("umount") == []
    assert "was not released" not in result.output
    assert len(host.calls("aws autoscaling complete-lifecycle-action")) == 1


def test_a_target_that_is_never_deregistered_does_not_block_the_end(host: Host) -> None:
    play_cloud(host, targets=["healthy"], states=["Terminating:Wait"])
    result = host.run("drain.sh")
    assert result.status == 0
    assert "was not deregistered within 120 s; stopping anyway" in result.output
    assert len(acts(host)) == 8


def test_a_slot_that_stays_busy_is_not_detached_but_the_hook_is_completed(host: Host) -> None:
    play_cloud(host, targets=[NO_TARGET], states=["Terminating:Wait"])
    host.fake("umount", "echo 'target is busy' >&2; exit 32")
    result = host.run("drain.sh")
    assert result.status == 0
    assert "the slot was not released" in result.output
    assert host.calls("aws ec2 detach-volume") == []
    assert len(host.calls("aws autoscaling complete-lifecycle-action")) == 1


def test_the_hook_is_waited_for_when_the_metadata_is_ahead_of_the_group(host: Host) -> None:
    play_cloud(host, targets=[NO_TARGET], states=["InService", "Terminating", "Terminating:Wait"])
    assert host.run("drain.sh").status == 0
    assert len(host.calls("aws autoscaling complete-lifecycle-action")) == 1


def test_without_a_waiting_hook_it_ends(host: Host) -> None:
    play_cloud(host, targets=[NO_TARGET], states=["Terminating:Proceed"])
    result = host.run("drain.sh")
    assert result.status == 0
    assert "no terminating hook waits in state Terminating:Proceed" in result.output
    assert host.calls("aws autoscaling complete-lifecycle-action") == []


def test_a_failed_stop_is_reported_to_systemd_which_tries_again(host: Host) -> None:
    play_cloud(host, targets=[NO_TARGET], states=["Terminating:Wait"])
    host.fake("systemctl", "[[ $2 != vllm.service ]]")
    assert host.run("drain.sh").status != 0
    assert host.calls("aws autoscaling complete-lifecycle-action") == []
