"""The steps between the slot and the load balancer, each with fakes of what it asks."""

from __future__ import annotations

import pytest

from tests.userdata.host import Host

GROUP_STATE = 'case "$*" in *describe-auto-scaling-instances*) echo "vllm-group {state}" ;; esac'


def test_gpus_are_counted(host: Host) -> None:
    host.fake("nvidia-smi", "echo '0, NVIDIA L4, 23034 MiB'")
    result = host.step("gpus")
    assert result.status == 0
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
    host.fake("nvidia-smi", f"echo x >>{tries}; (($(wc -l <{tries}) > 2)) && echo '0, NVIDIA L4, 23034 MiB'")
    assert host.step("gpus").status == 0


def test_an_image_in_the_store_is_not_pulled(host: Host) -> None:
    host.fake("docker", ":")
    assert host.step("image").status == 0
    assert host.calls("docker") == ["docker image inspect vllm/vllm-openai:v0.32.0"]


def test_a_pull_is_retried(host: Host) -> None:
    tries = host.path("tries")
    host.fake("docker", f"[[ $1 == pull ]] && echo x >>{tries} && (($(wc -l <{tries}) == 3))")
    assert host.step("image").status == 0
    assert host.calls("docker pull") == ["docker pull --quiet vllm/vllm-openai:v0.32.0"] * 3


def test_a_pull_that_keeps_failing_ends_with_the_words_of_the_registry(host: Host) -> None:
    host.fake("docker", "echo 'toomanyrequests: rate limit' >&2; exit 1")
    assert host.step("image").status != 0
    assert host.reason() == "docker pull vllm/vllm-openai:v0.32.0: toomanyrequests: rate limit"
    assert len(host.calls("docker pull")) == 5


def test_a_pull_is_not_started_again_after_the_deadline(host: Host) -> None:
    host.fake("docker", "exit 1")
    assert host.step("image", left_s=20).status != 0
    assert len(host.calls("docker pull")) == 3


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


def test_the_store_is_bound_while_the_engine_is_stopped(host: Host) -> None:
    make_engine_folders(host)
    host.fake("systemctl", ":")
    host.fake("docker", ":")
    host.fake("mount", ":")
    assert host.step("container-store").status == 0
    engine = [call for call in host.calls() if call.startswith(("systemctl", "mount"))]
    assert engine == [
        "systemctl stop docker.socket docker.service containerd.service",
        f"mount --bind {host.path('cache/engine/docker')} {host.path('docker')}",
        f"mount --bind {host.path('cache/engine/containerd')} {host.path('containerd')}",
        "systemctl start containerd.service docker.socket docker.service",
    ]


def make_engine_folders(host: Host) -> None:
    for name in ("docker", "containerd"):
        (host.path("cache/engine") / name / "overlay2").mkdir(parents=True)


def test_a_store_that_is_bound_already_is_left_alone(host: Host) -> None:
    make_engine_folders(host)
    for name in ("docker", "containerd"):
        host.path(name).rmdir()
        host.path(name).symlink_to(host.path("cache/engine") / name)
    host.fake("systemctl", ":")
    host.fake("docker", ":")
    assert host.step("container-store").status == 0
    assert host.calls("systemctl") == []


def test_a_store_that_the_engine_cannot_read_is_emptied_and_used(host: Host) -> None:
    make_engine_folders(host)
    model = host.path("cache/huggingface/model.safetensors")
    model.parent.mkdir()
    model.write_text("weights")
    old = host.path("cache/engine/docker/overlay2")
    host.fake("mount", ":")
    host.fake("docker", ":")
    host.fake("systemctl", f"[[ $1 != start || ! -e {old} ]]")
    result = host.step("container-store")
    assert result.status == 0, result.output
    assert not old.exists()
    assert model.read_text() == "weights"


def test_an_engine_that_never_starts_fails_with_its_words(host: Host) -> None:
    make_engine_folders(host)
    host.fake("mount", ":")
    host.fake("docker", ":")
    host.fake("systemctl", "[[ $1 != start ]]")
    host.fake("journalctl", "echo 'failed to start daemon: bad flag'")
    assert host.step("container-store").status != 0
    assert host.reason() == "the container engine does not start: failed to start daemon: bad flag"
