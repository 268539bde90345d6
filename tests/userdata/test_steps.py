"""The steps between the slot and the load balancer, each with fakes of what it asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.userdata.host import SLEEP, Host, make_host

GROUP_STATE = 'case "$*" in *describe-auto-scaling-instances*) echo "vllm-group {state}" ;; esac'


@pytest.fixture
def host(host: Host) -> Host:
    """A host whose kernel has nothing to say."""
    host.fake("journalctl", ":")
    return host


def test_gpus_are_counted(host: Host) -> None:
    host.fake("nvidia-smi", "echo '0, NVIDIA L4, 23034 MiB, 580.82.07'")
    result = host.step("gpus")
    assert result.status == 0, result.output
    assert "NVIDIA L4" in result.output


@pytest.mark.parametrize(
    ("nvidia_smi", "found"),
    [
        ("echo 'No devices were found'", "No devices were found"),
        ("echo 'NVIDIA-SMI has failed: no driver' >&2; exit 9", "NVIDIA-SMI has failed: no driver"),
    ],
)
def test_missing_gpus_fail_with_what_was_found(host: Host, nvidia_smi: str, found: str) -> None:
    host.fake("nvidia-smi", nvidia_smi)
    assert host.step("gpus").status != 0
    assert host.reason() == f"1 GPUs needed, nvidia-smi says: {found}"
    assert len(host.calls("nvidia-smi")) == 6


def test_a_driver_that_is_still_loading_is_waited_for(host: Host) -> None:
    tries = f"{host.path('tries')}"
    gpu = "0, NVIDIA L4, 23034 MiB, 580.82.07"
    host.fake("nvidia-smi", f"echo x >>{tries}; (($(wc -l <{tries}) > 2)) && echo '{gpu}'")
    assert host.step("gpus").status == 0


@pytest.mark.parametrize(("version", "works"), [("580.65.06", True), ("1000.1", True), ("579.99.99", False)])
def test_the_driver_is_as_new_as_the_image_needs(tmp_path: Path, version: str, works: bool) -> None:
    host = make_host(tmp_path / "needs", DRIVER_NEEDED="580")
    host.fake("journalctl", ":")
    host.fake("nvidia-smi", f"echo '0, NVIDIA L4, 23034 MiB, {version}'")
    assert (host.step("gpus").status == 0) is works
    if not works:
        assert host.reason() == (
            "driver 579.99.99 is too old: vllm/vllm-openai:v0.32.0 needs 580 or newer. Use a newer machine image: "
            "compute.amiId, or python -m ops pin --update --stack dev"
        )


def test_a_driver_that_does_not_say_its_version_is_a_warning(host: Host) -> None:
    host.fake("nvidia-smi", "echo '0, NVIDIA L4, 23034 MiB, [N/A]'")
    assert host.step("gpus").status == 0
    assert [event["status"] for event in host.events()] == ["warning"]


XID = "NVRM: Xid (PCI:0000:17:00): {number}, pid=1, name=x, GPU has fallen off the bus."


@pytest.mark.parametrize(("number", "works"), [(79, False), (48, False), (31, True), (7, True)])
def test_a_gpu_with_a_fatal_error_is_not_used(host: Host, number: int, works: bool) -> None:
    host.fake("nvidia-smi", "echo '0, NVIDIA L4, 23034 MiB, 580.82.07'")
    host.fake("journalctl", f"echo 'usb 1-1: new device'; echo '{XID.format(number=number)}'")
    assert (host.step("gpus").status == 0) is works
    assert host.calls("journalctl") == ["journalctl --dmesg --boot --no-pager --output cat"]
    if not works:
        assert f"GPU 0000:17:00: Xid {number}, " in host.reason()


def test_a_kernel_log_that_cannot_be_read_is_a_warning(host: Host) -> None:
    host.fake("nvidia-smi", "echo '0, NVIDIA L4, 23034 MiB, 580.82.07'")
    host.fake("journalctl", "exit 1")
    assert host.step("gpus").status == 0
    assert [event["status"] for event in host.events()] == ["warning"]


def test_an_image_in_the_store_is_not_pulled(host: Host) -> None:
    host.fake("docker", ":")
    assert host.step("image").status == 0
    assert host.calls("docker") == ["docker image inspect vllm/vllm-openai:v0.32.0"]


def test_a_pull_is_retried_and_says_why(host: Host) -> None:
    tries = host.path("tries")
    failing = f"echo x >>{tries} && (($(wc -l <{tries}) == 3)) || {{ echo 'unexpected EOF' >&2; exit 1; }}"
    host.fake("docker", f"[[ $1 == pull ]] || exit 1; {failing}")
    assert host.step("image").status == 0
    assert host.calls("docker pull") == ["docker pull --quiet vllm/vllm-openai:v0.32.0"] * 3
    assert [event["reason"] for event in host.events()] == ["docker pull: unexpected EOF; again in 5 s"]


def test_a_registry_that_keeps_refusing_is_asked_until_the_deadline(host: Host) -> None:
    host.fake("docker", "echo 'toomanyrequests: rate limit' >&2; exit 1")
    assert host.step("image", left_s=200).status != 0
    assert host.reason() == (
        "docker pull vllm/vllm-openai:v0.32.0: toomanyrequests: rate limit: until the boot deadline"
    )
    assert len(host.calls("docker pull")) == 7  # after 0, 5, 15, 35, 75, 135 and 195 s


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("manifest for vllm/vllm-openai:v9 not found: manifest unknown", "correct vllm:image.tag or vllm:image.digest"),
        ("pull access denied for x, repository does not exist", "correct vllm:image.repository"),
        ("write /var/lib/docker/x: no space left on device", "raise vllm:cache.sizeGib"),
    ],
)
def test_what_no_second_pull_can_change_fails_at_once_with_the_remedy(host: Host, error: str, remedy: str) -> None:
    host.fake("docker", f"echo '{error}' >&2; exit 1")
    assert host.step("image").status != 0
    assert host.reason() == f"docker pull vllm/vllm-openai:v0.32.0: {error}: {remedy}"
    assert len(host.calls("docker pull")) == 1


def play_unit(host: Host, *, state: str, restarts_then: int = 0) -> None:
    """systemd says ``state``; the unit has restarted twice before this boot, ``restarts_then`` times after."""
    started = host.path("started")
    host.fake(
        "systemctl",
        f'case "$*" in start*) touch {started} ;; *ActiveState*) echo {state} ;; '
        f"*NRestarts*) [[ -e {started} ]] && echo {2 + restarts_then} || echo 2 ;; esac",
    )


def test_the_server_is_waited_for(host: Host) -> None:
    play_unit(host, state="active")
    tries = host.path("tries")
    host.fake("curl", f"echo x >>{tries}; (($(wc -l <{tries}) > 5))")
    result = host.step("vllm")
    assert result.status == 0, result.output
    assert "waiting: vLLM is loading" in result.output


JOURNAL = r"printf 'INFO loading\nValueError: no such flag\nRuntimeError: see above\nbye\n'"


@pytest.mark.parametrize(("state", "restarts"), [("failed", 0), ("activating", 2)])
def test_a_server_that_exits_is_not_waited_for(host: Host, state: str, restarts: int) -> None:
    play_unit(host, state=state, restarts_then=restarts)
    host.fake("curl", "exit 7")
    host.fake("journalctl", JOURNAL)
    assert host.step("vllm").status != 0
    assert host.reason() == "vLLM exits: ValueError: no such flag|RuntimeError: see above"


@pytest.mark.parametrize(("seen", "starts"), [("auto-restart", 3), ("running", 4)])
def test_a_server_that_ends_offline_has_two_more_starts_with_the_hub(host: Host, seen: str, starts: int) -> None:
    """``seen``: the step looks between two starts, or when the second has begun, offline too."""
    host.fake("curl", "exit 7")
    host.fake("journalctl", JOURNAL)
    offline = host.path("run") / "offline"
    offline.touch()
    restarts = host.path("restarts")
    restarts.write_text("0")
    # While it waits, one more start fails.
    host.fake("sleep", f"{SLEEP}; echo $(($(cat {restarts}) + 1)) >{restarts}")
    unit = f"*ActiveState*) echo activating ;; *SubState*) echo {seen} ;; *NRestarts*) cat {restarts} ;;"
    host.fake("systemctl", f'case "$*" in {unit} esac')
    result = host.step("vllm")
    assert result.status != 0, result.output
    assert not offline.exists()
    assert "ended at a start without HuggingFace" in next(
        event["reason"] for event in host.events() if event["status"] == "warning"
    )
    assert int(restarts.read_text()) == starts


def test_a_server_that_never_answers_fails_at_the_deadline(host: Host) -> None:
    play_unit(host, state="active")
    host.fake("curl", "exit 7")
    host.fake("journalctl", "echo 'Loading weights took long'")
    assert host.step("vllm", left_s=30).status != 0
    assert host.reason() == ("vLLM does not answer within the boot deadline of 1500 s: Loading weights took long")


@pytest.mark.parametrize(
    ("state", "calls"), [("Pending:Wait", 1), ("InService", 0), ("Pending:Proceed", 0), ("none", 0)]
)
def test_the_hook_is_completed_only_when_it_waits(host: Host, state: str, calls: int) -> None:
    host.fake("aws", GROUP_STATE.format(state=state))
    assert host.step("lifecycle-hook").status == 0
    completed = host.calls("aws autoscaling complete-lifecycle-action")
    assert len(completed) == calls
    assert all("vllm-launching --lifecycle-action-result CONTINUE" in call for call in completed)


def test_a_host_that_is_faster_than_the_group_waits_for_the_hook(host: Host) -> None:
    tries = host.path("tries")
    pending = f"echo x >>{tries}; (($(wc -l <{tries}) > 3)) && echo 'g Pending:Wait' || echo 'g Pending'"
    host.fake("aws", f'case "$*" in *describe-auto-scaling-instances*) {pending} ;; esac')
    assert host.step("lifecycle-hook").status == 0
    assert len(host.calls("aws autoscaling complete-lifecycle-action")) == 1


def test_a_hook_that_cannot_be_completed_fails_the_boot(host: Host) -> None:
    answer = 'case "$*" in *describe-auto*) echo "g Pending:Wait" ;; *) exit 254 ;; esac'
    host.fake("aws", answer)
    assert host.step("lifecycle-hook").status != 0
    assert host.reason() == "the launching hook could not be completed"
