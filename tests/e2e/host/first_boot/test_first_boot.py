"""A blank slot, and the user data on real cloud-init, systemd and docker: up to a completion by real vLLM."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.host.lives import First, first
from tests.e2e.host.plays import Plays
from userdata.render import PACKAGES, STUBS, host_files

pytestmark = pytest.mark.e2e
PLAYS = (first,)
STEPS = (
    *("instance-type", "cache-slot", "container-store", "gpus", "secrets", "cache-space", "image", "model-files"),
    *("vllm", "probe", "lifecycle-hook", "tags"),
)
NOT_ON_A_GOOD_DAY = {
    "abandon.sh",
    "scratch.sh",
    "evict.py",
    "fetch_model.py",
    "replace.sh",
    "leave.sh",
    "cut.sh",
    "measure.sh",
    "new-keys.sh",
    "host_type.py",
}
"""Run where something goes wrong; but for fetch_model.py, which runs in the container, where nothing is traced,
new-keys.sh, which runs in key_rotation, and host_type.py, which runs in second_type."""

ONLY_WITH_AMP = {"remote-write.sh", "vllm-remote-write.service"}
ONLY_FROM_S3 = {"copy_model.py"}


@pytest.fixture
def life(plays: Plays) -> First:
    return plays.of(first)


def test_a_host_without_keys_waits_and_says_what_to_do(life: First) -> None:
    assert life.before_key == "Pending:Wait"
    assert any("python -m ops keys add NAME --stack dev" in line for line in life.console)


def test_a_key_made_by_ops_opens_a_chat_completion(life: First) -> None:
    status, body = life.serving.right_key
    assert status == 200
    assert body["model"] == life.plan.served_name
    assert body["usage"]["completion_tokens"] == 8


def test_the_readmes_client_prints_an_answer(life: First) -> None:
    client = life.serving.readme_client
    assert client.returncode == 0, client.stderr
    assert client.stdout.endswith("\n")  # a model of random weights may answer with nothing before it
    assert client.stdout != "None\n"


def test_the_instance_joins_when_it_has_served(life: First) -> None:
    assert life.serving.lifecycle_state == "InService"


def test_the_boot_steps_reach_the_log_group_in_order(life: First) -> None:
    done = [event["step"] for event in life.events if event["status"] == "ok"]
    assert [step for step in done if step in (*STEPS, "boot")] == [*STEPS, "boot"]


def test_vllm_runs_as_planned(life: First) -> None:
    inspected = life.serving.inspected
    assert inspected["Args"][: len(life.plan.vllm_args) + 1] == ["serve", *life.plan.vllm_args]
    assert inspected["HostConfig"]["RestartPolicy"]["Name"] in ("", "no")
    assert inspected["HostConfig"]["DeviceRequests"][0]["Count"] == -1


def test_the_container_of_vllm_has_no_rights(life: First) -> None:
    """As it is seen from inside."""
    inside = life.serving.inside
    assert inside.user == "uid=2000 gid=0"
    assert inside.capabilities == {"CapInh": 0, "CapPrm": 0, "CapEff": 0, "CapBnd": 0, "CapAmb": 0}
    assert inside.no_new_privileges
    assert inside.refused == {"/", "/usr/bin", "/etc", "/opt", "/cache", "/run/secrets/vllm", "/sys/fs/cgroup"}
    assert life.serving.inspected["HostConfig"]["PidsLimit"] == 16384
    assert life.serving.inspected["HostConfig"]["IpcMode"] == "private"


def test_the_container_gets_neither_the_instances_keys_nor_its_user_data(life: First) -> None:
    assert life.serving.inside.metadata == "no answer"
    assert life.serving.metadata_on_host == "200"


def test_what_the_container_leaves_on_the_slot_is_its_own(life: First) -> None:
    owners = dict(line.split() for line in life.serving.slot_owners.splitlines())
    assert owners == {"/mnt/cache": "0", "/mnt/cache/huggingface": "2000", "/mnt/cache/vllm": "2000"}


def test_a_daemon_reload_does_not_take_the_gpus_from_the_container(life: First) -> None:
    devices = {device["PathInContainer"] for device in life.serving.inspected["HostConfig"]["Devices"]}
    assert {"/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm"} <= devices
    # There is no GPU behind the node, which the kernel says only to those that may open it.
    assert "Operation not permitted" not in life.serving.gpu_after_reload
    assert "No such device" in life.serving.gpu_after_reload


def test_model_image_and_store_are_on_the_claimed_slot(life: First, seen: Callable[[str], None]) -> None:
    held = [instances for instances in life.serving.slots.values() if instances]
    assert held == [[life.instance_id]]
    on_slot = {line.split()[1] for line in life.serving.mounts.splitlines() if line.startswith("/dev/nvme")}
    assert {"/mnt/cache", "/var/lib/docker", "/var/lib/containerd"} <= on_slot
    image, model = life.downloaded
    assert image > 10 * 2**20
    assert model > 10**5
    seen(f"served; {image:,} bytes of image and {model:,} bytes of model downloaded to the blank slot")


def test_every_script_and_unit_has_run(life: First) -> None:
    """No script lands that a booted host has not run."""
    scripts = {name for name in host_files() if name.endswith((".sh", ".py"))} | set(STUBS)
    modules = {name for name in scripts if name.startswith(tuple(f"{package}/" for package in PACKAGES))}
    modules = {name for name in modules if not name.endswith("/__main__.py")} | {"__init__.py"}
    assert scripts - modules - life.trace.files - NOT_ON_A_GOOD_DAY - ONLY_WITH_AMP - ONLY_FROM_S3 == set()
    units = {name for name in host_files() if name.endswith(".service")}
    assert life.started_units == units - ONLY_WITH_AMP
