"""The committed stack for one machine, on a machine without a GPU: real engine, real Docker, real vLLM."""

from __future__ import annotations

import json

import pytest

from rehearsal.engine.events import Run
from tests.e2e.local.cpu import NAMES, PERSON, SEED, TEMPLATE, CpuLife
from tests.e2e.local.lives import LocalLives

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def life(local_lives: LocalLives) -> CpuLife:
    life = local_lives.of("cpu")
    assert isinstance(life, CpuLife)
    return life


def types(run: Run, op: str) -> list[str]:
    """Of the resources that an operation did this to, without components."""
    return sorted(
        step.type.rpartition(":")[2] for step in run.steps if step.op == op and step.type.startswith("docker:")
    )


def test_one_up_serves(life: CpuLife) -> None:
    assert types(life.up, "create") == [
        *("Container", "Container", "Container", "Network", "RemoteImage", "RemoteImage", "Volume", "Volume")
    ]
    assert life.outputs["endpoint"] == "http://localhost:8000/v1"
    assert life.completion.status == 200
    assert life.completion.json["usage"]["completion_tokens"] == 8


def test_the_smoke_test_passes(life: CpuLife) -> None:
    assert life.smoke.returncode == 0, life.smoke.stdout + life.smoke.stderr


def test_the_status_says_what_the_server_does(life: CpuLife) -> None:
    assert life.status.returncode == 0, life.status.stdout + life.status.stderr
    status = json.loads(life.status.stdout)
    assert (status["serving"], status["wanted"], status["notes"]) == (1, 1, [])
    (replica,) = status["replicas"]
    assert (replica["id"], replica["state"]) == (NAMES.server, "running, healthy")
    load = replica["load"]
    assert (load["up"], load["running"], load["waiting"], load["old"]) == (True, 0, 0, False)
    assert load["tokens_per_s"] == 0
    assert replica["version"] == load["vllm"] != ""


def test_an_answer_is_streamed_and_not_held_back(life: CpuLife) -> None:
    lines = [line for line in life.streamed.body.splitlines() if line]
    assert life.streamed.status == 200
    assert lines[-1] == "data: [DONE]"
    running = [line for line in life.streamed.meanwhile.splitlines() if line.startswith("vllm:num_requests_running{")]
    assert [float(line.split()[-1]) for line in running] == [1]  # the first words were here while it wrote the rest


def test_only_a_key_opens_it(life: CpuLife) -> None:
    assert {name: answer.status for name, answer in life.refused.items()} == {
        "no key": 401,
        "wrong key": 401,
        "metrics": 404,
        "metrics by a detour": 404,
        "what loads files": 404,
    }
    assert life.refused["metrics"].json["error"]["code"] == "not_found"
    assert "vllm:num_requests_running" in life.metrics_inside


def test_the_server_is_whoever_started_it_and_has_no_rights(life: CpuLife) -> None:
    assert life.inside.splitlines() == [
        *(str(PERSON), "0", "CapEff:0000000000000000", "CapBnd:0000000000000000", "NoNewPrivs:1"),
        *("writes /tmp", "writes /cache/huggingface", "writes /cache/vllm"),
        *(f"{PERSON} /cache/huggingface", f"{PERSON} /cache/vllm"),
    ]


def test_only_the_front_listens_and_only_on_this_machine(life: CpuLife) -> None:
    assert life.front["HostConfig"]["PortBindings"] == {"8000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8000"}]}
    assert not life.server["HostConfig"]["PortBindings"]


def test_the_server_starts_again_by_itself_and_its_log_has_an_end(life: CpuLife) -> None:
    for container in (life.server, life.front):
        assert container["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
        assert container["HostConfig"]["LogConfig"]["Config"].keys() >= {"max-size", "max-file"}


def test_no_secret_is_written_down_by_docker_or_the_engine(life: CpuLife) -> None:
    assert life.written
    assert not [secret for secret in life.secrets if secret in life.written]


@pytest.mark.parametrize("which", ["second_up", "refresh", "settled", "own_settled"])
def test_nothing_changes_when_nothing_changed(life: CpuLife, which: str) -> None:
    run = getattr(life, which)
    assert not run.touched, run.text


def test_a_flag_replaces_the_server_alone(life: CpuLife) -> None:
    replaced = [step for step in life.flag.touched if step.op == "replace"]
    assert len(replaced) == 1, life.flag.text
    assert (replaced[0].type, replaced[0].changed) == ("docker:index/container:Container", ("command",))
    assert {step.urn for step in life.flag.touched} == {replaced[0].urn}


def test_the_front_stays_and_finds_the_new_server(life: CpuLife) -> None:
    assert life.own_server["Id"] != life.server["Id"]
    assert life.own_front["Id"] == life.front["Id"]
    assert ["--seed", str(SEED)] == _argument(life.own_server["Config"]["Cmd"], "--seed")
    assert life.with_second_key.status == 200


def test_an_own_image_is_built_here_and_its_template_is_served(life: CpuLife) -> None:
    assert types(life.own_image, "create") == ["Image"]
    command = life.own_server["Config"]["Cmd"]
    assert _argument(command, "--chat-template")[1].endswith(f"/{TEMPLATE}")
    plain, wordy = (answer.json["usage"]["prompt_tokens"] for answer in (life.completion, life.with_template))
    assert wordy > 2 * plain


def test_a_new_server_knows_the_keys_of_now(life: CpuLife) -> None:
    assert life.with_second_key.status == 200
    assert life.with_revoked_key.status == 401


def test_destroy_leaves_the_cache_alone(life: CpuLife) -> None:
    assert life.left.volumes == {NAMES.huggingface_volume, NAMES.compile_volume}
    assert not life.left.containers | life.left.networks | life.left.state


def _argument(command: list[str], flag: str) -> list[str]:
    index = command.index(flag)
    return command[index : index + 2]
