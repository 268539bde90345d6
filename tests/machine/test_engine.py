"""What is seen of an engine, by one that answers from data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from machine.address import Address
from machine.engine import EngineView, opened
from machine.facts import Container, NoEngine
from tests.machine.docker_stand_in import engine_answering, info

VOLUME = "vllm-local-huggingface"
MODEL = "Qwen/Qwen2.5-1.5B-Instruct"


@contextmanager
def viewed(answers: Mapping[str, Any], *, environment: Mapping[str, str] | None = None) -> Iterator[EngineView]:
    with (
        engine_answering(answers) as host,
        opened(Address(host=host), environment=environment or {"PATH": "", "HOME": "/"}) as seen,
    ):
        assert isinstance(seen, EngineView)
        yield seen


def test_an_engine_says_what_it_is(tmp_path: Path) -> None:
    with viewed({"/info": info(tmp_path)}) as view:
        engine = view.engine()
    assert (engine.version, engine.root_dir, engine.is_local, engine.nvidia) == ("28.2.2", str(tmp_path), True, False)
    assert engine.volumes is not None
    assert engine.images == engine.volumes
    assert engine.volumes.path == tmp_path


def test_the_disk_of_a_virtual_machine_is_not_seen(tmp_path: Path) -> None:
    with viewed({"/info": info(tmp_path, OperatingSystem="Docker Desktop")}) as view:
        assert (view.engine().images, view.engine().volumes) == (None, None)


@pytest.mark.parametrize(
    "more",
    [
        {"Runtimes": {"nvidia": {"path": "nvidia-container-runtime"}}},
        {"DiscoveredDevices": [{"Source": "cdi", "ID": "nvidia.com/gpu=all"}]},
    ],
)
def test_an_engine_that_hands_out_gpus_says_so(tmp_path: Path, more: dict[str, Any]) -> None:
    with viewed({"/info": info(tmp_path, **more)}) as view:
        assert view.engine().nvidia


def test_devices_of_others_are_no_gpus(tmp_path: Path) -> None:
    other = {"DiscoveredDevices": [{"Source": "cdi", "ID": "vendor.com/net=0"}]}
    with viewed({"/info": info(tmp_path, **other)}) as view:
        assert not view.engine().nvidia


def test_the_hook_alone_is_enough(tmp_path: Path) -> None:
    hook = tmp_path / "nvidia-container-runtime-hook"
    hook.write_text("#!/bin/sh\n")
    hook.chmod(0o755)
    with viewed({"/info": info(tmp_path)}, environment={"PATH": str(tmp_path), "HOME": "/"}) as view:
        assert view.engine().nvidia


def test_images_are_there_or_not(tmp_path: Path) -> None:
    with viewed({"/info": info(tmp_path), "/images/vllm/vllm-openai:v0.32.0/json": {"Id": "sha256:1"}}) as view:
        assert view.has_image("vllm/vllm-openai:v0.32.0")
        assert not view.has_image("vllm/vllm-openai:v0.31.0")


def test_containers_and_their_ports(tmp_path: Path) -> None:
    listed = [
        {
            "Names": ["/vllm-local-front"],
            "Labels": {"Stack": "local"},
            "State": "running",
            "Ports": [
                {"IP": "127.0.0.1", "PrivatePort": 8000, "PublicPort": 8000, "Type": "tcp"},
                {"PrivatePort": 80, "Type": "tcp"},
                {"IP": "0.0.0.0", "PrivatePort": 53, "PublicPort": 53, "Type": "udp"},
            ],
        },
        {"Names": ["/old"], "Labels": None, "State": "exited", "Ports": []},
    ]
    with viewed({"/info": info(tmp_path), "/containers/json": listed}) as view:
        assert view.containers() == (
            Container(name="vllm-local-front", labels={"Stack": "local"}, running=True, ports=(8000,)),
            Container(name="old", labels={}, running=False),
        )


def test_a_volume_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    with viewed({"/info": info(tmp_path)}) as view:
        cache = view.volume_cache(VOLUME, model=MODEL)
    assert (cache.there, cache.model_gib) == (False, 0.0)
    assert cache.disk is not None


def test_a_volume_that_can_be_read_holds_so_much_of_the_model(tmp_path: Path) -> None:
    blobs = tmp_path / "volume" / "hub" / "models--Qwen--Qwen2.5-1.5B-Instruct" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / "1").write_bytes(b"x" * 2**20)
    volume = {"Name": VOLUME, "Mountpoint": str(tmp_path / "volume")}
    with viewed({"/info": info(tmp_path), f"/volumes/{VOLUME}": volume}) as view:
        cache = view.volume_cache(VOLUME, model=MODEL)
    assert (cache.there, cache.model_gib) == (True, 1 / 1024)


@pytest.mark.parametrize(
    ("usage", "gib"),
    [
        (
            {"Volumes": [{"Name": "other", "UsageData": {"Size": 1}}, {"Name": VOLUME, "UsageData": {"Size": 2**31}}]},
            2.0,
        ),
        ({"Volumes": [{"Name": VOLUME, "UsageData": {"Size": -1}}]}, None),
        ({"Volumes": None}, None),
        (None, None),
    ],
)
def test_of_a_volume_that_cannot_be_read_the_engine_knows_the_size(
    tmp_path: Path, usage: dict[str, Any] | None, gib: float | None
) -> None:
    answers = {"/info": info(tmp_path), f"/volumes/{VOLUME}": {"Name": VOLUME, "Mountpoint": "/no/such/folder"}}
    with viewed({**answers, **({} if usage is None else {"/system/df": usage})}) as view:
        cache = view.volume_cache(VOLUME, model=MODEL)
    assert (cache.there, cache.model_gib) == (True, gib)


def test_no_engine_is_no_exception(tmp_path: Path) -> None:
    environment = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    with opened(Address(host=f"unix://{tmp_path}/none.sock"), environment=environment) as seen:
        assert isinstance(seen, NoEngine)
        assert seen.trouble == "not-installed"


@pytest.mark.parametrize("host", ["tcp://127.0.0.1:9", "nonsense://x", "context no-such"])
def test_an_address_that_leads_nowhere_is_no_exception(host: str) -> None:
    with opened(Address(host=host), environment={"PATH": "", "HOME": "/nonexistent"}) as seen:
        assert isinstance(seen, NoEngine)
        assert (seen.host, seen.trouble) == (host, "unreachable")
        assert seen.given


def test_an_engine_that_is_broken_is_no_engine() -> None:
    with engine_answering({}) as host, opened(Address(host=host), environment={"PATH": "", "HOME": "/x"}) as seen:
        assert isinstance(seen, NoEngine)
        assert seen.trouble == "unreachable"
        assert "/info" in seen.given
