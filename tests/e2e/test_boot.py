"""The dev stack's user data on real cloud-init, systemd and docker, up to a completion by real vLLM, and down again."""

from __future__ import annotations

import pytest

from rehearsal.host import needs
from tests.e2e.booted import ANSWER_TOKENS, Life, live
from tests.e2e.support import need
from userdata.render import STUB, host_files

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    missing = needs.missing()
    need(not missing, "; ".join(f"no {what}: {reason}" for what, reason in missing.items()))
    return live(folder=tmp_path_factory.mktemp("bin"))


def test_a_host_without_keys_waits_and_says_what_to_do(life: Life) -> None:
    assert life.before_key == "Pending:Wait"
    assert any("python -m ops keys add NAME --stack dev" in line for line in life.console)


def test_a_key_made_by_ops_opens_a_chat_completion(life: Life) -> None:
    status, body = life.serving.right_key
    assert status == 200
    assert body["model"] == life.plan.served_name
    assert body["usage"]["completion_tokens"] == 8


def test_the_readmes_client_prints_an_answer(life: Life) -> None:
    client = life.serving.readme_client
    assert client.returncode == 0, client.stderr
    assert client.stdout.endswith("\n")  # a model of random weights may answer with nothing before it
    assert client.stdout != "None\n"


def test_other_keys_are_refused(life: Life) -> None:
    assert (life.serving.wrong_key, life.serving.no_key) == (401, 401)


def test_the_instance_joins_when_it_has_served(life: Life) -> None:
    assert life.serving.lifecycle_state == "InService"


def test_the_boot_steps_reach_the_log_group_in_order(life: Life) -> None:
    done = [event["step"] for event in life.events if event["status"] == "ok"]
    assert done == [
        *("cache-slot", "container-store", "gpus", "secrets", "image", "vllm", "probe", "lifecycle-hook", "tags"),
        "boot",
    ]


def test_vllm_runs_as_planned(life: Life) -> None:
    inspected = life.serving.inspected
    assert inspected["Args"][: len(life.plan.vllm_args) + 1] == ["serve", *life.plan.vllm_args]
    assert inspected["HostConfig"]["IpcMode"] == "host"
    assert inspected["HostConfig"]["RestartPolicy"]["Name"] in ("", "no")
    assert inspected["HostConfig"]["DeviceRequests"][0]["Count"] == -1


@pytest.mark.parametrize("secret", ["key", "token"])
def test_no_secret_leaves_the_tmpfs(life: Life, secret: str) -> None:
    value = getattr(life.secrets, secret)
    assert [place for place, text in life.serving.everywhere.items() if value in text] == []
    assert life.serving.on_cache_slot == ""


def test_model_image_and_store_are_on_the_claimed_slot(life: Life) -> None:
    held = [instances for instances in life.serving.slots.values() if instances]
    assert held == [[life.instance_id]]
    on_slot = {line.split()[1] for line in life.serving.mounts.splitlines() if line.startswith("/dev/nvme")}
    assert {"/mnt/cache", "/var/lib/docker", "/var/lib/containerd"} <= on_slot


def test_no_answer_is_cut_when_the_group_terminates_the_instance(life: Life) -> None:
    assert {(answer.complete, answer.tokens) for answer in life.answers} == {(True, ANSWER_TOKENS)}
    in_flight = [answer for answer in life.answers if answer.at > life.stopped_at]
    assert in_flight, "no request was in flight when vLLM was told to stop"


def test_the_slot_is_given_back_clean(life: Life) -> None:
    assert set(map(len, life.slots_after.values())) == {0}
    assert "/mnt/cache" not in life.mounts_after
    assert life.detached_while_mounted == ()


def test_every_script_and_unit_has_run(life: Life) -> None:
    """No script lands that a booted host has not run."""
    scripts = {name for name in host_files() if not name.endswith(".service")} | {STUB}
    assert scripts - life.trace.files == set()
    assert life.started_units == {name for name in host_files() if name.endswith(".service")}
