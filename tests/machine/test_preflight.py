"""What keeps a stack from starting, each with the words that help; and that nothing else does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from config.errors import Problem
from machine.disk_needs import CPU_IMAGE_GIB, WATCHING_GIB
from machine.facts import BadFile, Cache, Container, Disk, Engine, Facts, NoEngine, Trouble
from machine.names import Names
from machine.preflight import problems
from sizing.cache_pool import IMAGE_GIB
from tests.machine.local_stack import GATED, WITHOUT_GPU, planned

CONFIG, PLAN = planned()
ROOT = Disk(path=Path("/var/lib/docker"), free_gib=500.0, device=1)
ENGINE = Engine(
    host="unix:///var/run/docker.sock",
    version="28.2.2",
    is_local=True,
    root_dir="/var/lib/docker",
    images=ROOT,
    volumes=ROOT,
    nvidia=True,
)
READY = Facts(
    engine=ENGINE,
    cache=Cache(there=False, model_gib=0.0, disk=ROOT),
    has_api_key=True,
    has_hf_token=False,
)
FRONT = Container(name="vllm-local-front", labels=Names("local").labels, running=True, ports=(8000,))


def only(facts: Facts) -> Problem:
    (found,) = problems(CONFIG, PLAN, facts)
    assert all((found.path, found.given, found.allowed, found.example, found.message)), found
    return found


def with_disk(facts: Facts, free_gib: float) -> Facts:
    disk = replace(ROOT, free_gib=free_gib)
    return replace(facts, engine=replace(ENGINE, images=disk, volumes=disk), cache=replace(facts.cache, disk=disk))


def test_a_machine_that_is_ready_has_none() -> None:
    assert problems(CONFIG, PLAN, READY) == ()


@pytest.mark.parametrize(
    ("trouble", "message", "example"),
    [
        ("not-installed", "there is no Docker on this machine", "docs.docker.com/engine/install"),
        ("not-running", "its engine does not run", "systemctl start docker"),
        ("no-permission", "this user may not use the Docker engine", "usermod -aG docker"),
        ("unreachable", "no Docker engine answers at the address", "unset DOCKER_HOST"),
    ],
)
def test_no_engine(trouble: Trouble, message: str, example: str) -> None:
    none = NoEngine(host="unix:///var/run/docker.sock", trouble=trouble, given="No such file or directory")
    found = only(replace(READY, engine=none))
    assert message in found.message
    assert example in found.example
    assert found.given == "unix:///var/run/docker.sock: No such file or directory"


def test_an_engine_elsewhere_is_named() -> None:
    there = "unix:///run/user/1000/docker.sock"
    none = NoEngine(host="unix:///var/run/docker.sock", trouble="not-running", given="x", others=(there,))
    found = only(replace(READY, engine=none))
    assert there in found.message
    assert found.example == f"pulumi config set docker:host {there}"


def test_an_engine_on_another_machine() -> None:
    found = only(replace(READY, engine=replace(ENGINE, host="ssh://me@gpu-box", is_local=False)))
    assert (found.path, found.given) == ("docker:host", "ssh://me@gpu-box")


def test_an_engine_that_cannot_give_a_gpu_to_a_container() -> None:
    facts = replace(READY, engine=replace(ENGINE, nvidia=False))
    assert "nvidia-ctk runtime configure --runtime=docker" in only(facts).message
    on_cpu = planned(hardware=WITHOUT_GPU)
    assert problems(*on_cpu, facts) == ()


def test_a_port_that_another_program_listens_on() -> None:
    found = only(replace(READY, taken_ports=frozenset({8000})))
    assert (found.path, found.given) == ("vllm:endpoint.port", "8000, in use")
    assert "ss -ltnp 'sport = :8000'" in found.message
    assert "8001" in found.example


def test_a_port_that_another_container_listens_on() -> None:
    other = Container(name="ollama", labels={}, running=True, ports=(8000,))
    found = only(replace(READY, taken_ports=frozenset({8000}), containers=(other,)))
    assert found.given == "8000, in use by container ollama"
    assert "docker stop ollama" in found.message


def test_the_stacks_own_front_is_not_in_its_own_way() -> None:
    assert problems(CONFIG, PLAN, replace(READY, taken_ports=frozenset({8000}), containers=(FRONT,))) == ()


@pytest.mark.parametrize(
    "front",
    [
        replace(FRONT, ports=(9000,)),
        replace(FRONT, running=False),
        replace(FRONT, name="vllm-other-front", labels=Names("other").labels),
    ],
)
def test_a_front_that_does_not_listen_there_explains_nothing(front: Container) -> None:
    assert only(replace(READY, taken_ports=frozenset({8000}), containers=(front,))).path == "vllm:endpoint.port"


@pytest.mark.parametrize("name", ["vllm-local", "vllm-local-front"])
def test_a_container_of_that_name_that_is_not_the_stacks(name: str) -> None:
    other = Container(name=name, labels={"Stack": "local"}, running=False)
    found = only(replace(READY, containers=(other,)))
    assert found.given == f"container {name}, not of this stack"
    assert problems(CONFIG, PLAN, replace(READY, containers=(replace(FRONT, name=name, ports=()),))) == ()


def test_a_disk_that_image_and_model_would_fill() -> None:
    need = IMAGE_GIB + PLAN.checkpoint_gib
    assert problems(CONFIG, PLAN, with_disk(READY, need + 0.1)) == ()
    found = only(with_disk(READY, need - 0.1))
    assert found.path == "disk"
    assert found.given == f"{need - 0.1:.1f} GiB free at /var/lib/docker"
    assert found.allowed == f"{need} GiB free: the image {IMAGE_GIB} GiB, the model {PLAN.checkpoint_gib} GiB"


def test_what_is_there_already_takes_no_more_space() -> None:
    full = with_disk(READY, 1.0)
    assert problems(CONFIG, PLAN, replace(full, image_there=True, cache=replace(full.cache, model_gib=99.0))) == ()
    assert "the model" not in only(replace(full, cache=replace(full.cache, model_gib=99.0))).allowed
    assert "the image" not in only(replace(full, image_there=True)).allowed


def test_half_a_model_needs_the_other_half() -> None:
    config, plan = planned(model=GATED)
    held = plan.checkpoint_gib / 2
    facts = replace(with_disk(READY, held - 1), image_there=True, has_hf_token=True)
    (found,) = problems(config, plan, replace(facts, cache=replace(facts.cache, model_gib=held)))
    assert f"the model {held:.0f} GiB" in found.allowed


def test_a_disk_that_cannot_be_seen_is_in_nobodys_way() -> None:
    unseen = replace(ENGINE, images=None, volumes=None)
    assert (
        problems(CONFIG, PLAN, replace(READY, engine=unseen, cache=Cache(there=True, model_gib=0.0, disk=None))) == ()
    )
    full = with_disk(READY, 0.0)
    assert problems(CONFIG, PLAN, replace(full, image_there=True, cache=replace(full.cache, model_gib=None))) == ()


def test_two_disks_are_judged_each_by_itself() -> None:
    small = Disk(path=Path("/home/me/.cache/huggingface"), free_gib=0.5, device=2)
    found = only(replace(READY, cache=replace(READY.cache, disk=small)))
    assert found.given.endswith("/home/me/.cache/huggingface")
    assert "the image" not in found.allowed


def test_without_a_gpu_the_image_is_smaller() -> None:
    config, plan = planned(hardware=WITHOUT_GPU)
    facts = with_disk(READY, CPU_IMAGE_GIB + plan.checkpoint_gib + 0.1)
    assert problems(config, plan, facts) == ()
    assert only(facts).path == "disk"


def test_what_watches_takes_room_until_it_is_there() -> None:
    config, plan = planned(monitoring={"prometheus": "local"})
    need = IMAGE_GIB + plan.checkpoint_gib
    (found,) = problems(config, plan, with_disk(READY, need + WATCHING_GIB - 0.1))
    assert f"Prometheus, Alertmanager and Grafana {WATCHING_GIB} GiB" in found.allowed
    there = Container(name="vllm-local-prometheus", labels=Names("local").labels, running=False)
    assert problems(config, plan, replace(with_disk(READY, need + 0.1), containers=(there,))) == ()


def test_the_ports_of_what_watches() -> None:
    config, plan = planned(monitoring={"prometheus": "local"})
    taken = replace(READY, taken_ports=frozenset({8002}))
    (found,) = problems(config, plan, taken)
    assert (found.path, found.given) == ("vllm:endpoint.port", "8002, in use")
    assert found.allowed == "4 ports of this machine in a row that nothing listens on"
    assert "vllm-local-prometheus" in found.message
    assert "8003" in found.example
    own = Container(name="vllm-local-prometheus", labels=Names("local").labels, running=True, ports=(8002,))
    assert problems(config, plan, replace(taken, containers=(own,))) == ()
    assert problems(CONFIG, PLAN, taken) == ()


def test_an_endpoint_with_too_few_ports_after_it() -> None:
    watched = {"prometheus": "local"}
    (found,) = problems(*planned(endpoint={"port": 65533}, monitoring=watched), READY)
    assert (found.path, found.given, found.allowed) == ("vllm:endpoint.port", "65533", "1 to 65532")
    assert problems(*planned(endpoint={"port": 65532}, monitoring=watched), READY) == ()
    assert problems(*planned(endpoint={"port": 65535}), READY) == ()


def test_a_configuration_of_alertmanager_with_which_it_would_not_start() -> None:
    file = Path("/home/me/.config/vllm-pulumi/local/alertmanager.yml")
    found = only(replace(READY, bad_routes=BadFile(path=file, trouble="it has no route")))
    assert (found.path, found.given) == (str(file), "it has no route")


def test_no_api_key_yet() -> None:
    found = only(replace(READY, has_api_key=False))
    assert found.example == "python -m ops keys add me --stack local"


def test_a_gated_model_without_a_token() -> None:
    config, plan = planned(model=GATED)
    facts = replace(READY, cache=replace(READY.cache, model_gib=99.0))
    (found,) = problems(config, plan, facts)
    assert "python -m ops secrets set hf-token --stack local" in found.message
    assert f"https://huggingface.co/{GATED}" in found.message
    assert problems(config, plan, replace(facts, has_hf_token=True)) == ()


def test_a_cache_folder_that_is_not_there(tmp_path: Path) -> None:
    config, plan = planned(cache={"path": str(tmp_path)})
    facts = replace(READY, cache=Cache(there=False, model_gib=None, disk=None))
    (found,) = problems(config, plan, facts)
    assert (found.path, found.given) == ("vllm:cache.path", str(tmp_path))
    assert problems(config, plan, READY) != ()
    assert problems(config, plan, replace(READY, cache=replace(READY.cache, there=True))) == ()


def test_a_cache_folder_that_a_container_of_root_has_written(tmp_path: Path) -> None:
    facts = replace(READY, cache=Cache(there=True, model_gib=99.0, disk=None, foreign=tmp_path / "hub"))
    config, plan = planned(cache={"path": str(tmp_path)})
    (found,) = problems(config, plan, facts)
    assert (found.path, found.given) == ("vllm:cache.path", f"{tmp_path / 'hub'}, of another user")
    assert found.example == f'sudo chown -R "$USER" {tmp_path}'
    as_root = planned(cache={"path": str(tmp_path)}, image={"runAsRoot": True})
    assert problems(*as_root, facts) == ()


def test_everything_is_said_at_once() -> None:
    facts = Facts(
        engine=NoEngine(host="unix:///x", trouble="not-running", given="y"),
        cache=Cache(there=False, model_gib=None, disk=None),
        has_api_key=False,
        has_hf_token=False,
        taken_ports=frozenset({8000}),
    )
    config, plan = planned(model=GATED)
    assert [found.path for found in problems(config, plan, facts)] == [
        "Docker",
        "vllm:endpoint.port",
        "API keys",
        "HuggingFace token",
    ]
