"""The container engine keeps its store on the slot, and an unreadable store costs a pull, never a boot."""

from __future__ import annotations

from tests.userdata.host import Host

STOP = "systemctl stop docker.socket docker.service containerd.service"
RESET = "systemctl reset-failed docker.socket docker.service containerd.service"
START = "systemctl start containerd.service docker.socket docker.service"


def make_engine_folders(host: Host) -> None:
    for name in ("docker", "containerd"):
        (host.path("cache/engine") / name / "overlay2").mkdir(parents=True)


def test_the_store_is_bound_while_the_engine_is_stopped(host: Host) -> None:
    make_engine_folders(host)
    host.fake("systemctl", ":")
    host.fake("docker", ":")
    host.fake("mount", ":")
    assert host.step("container-store").status == 0
    engine = [call for call in host.calls() if call.startswith(("systemctl", "mount"))]
    assert engine == [
        STOP,
        f"mount --bind {host.path('cache/engine/docker')} {host.path('docker')}",
        f"mount --bind {host.path('cache/engine/containerd')} {host.path('containerd')}",
        START,
    ]


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


def test_what_an_interrupted_boot_left_out_is_bound(host: Host) -> None:
    make_engine_folders(host)
    host.path("docker").rmdir()
    host.path("docker").symlink_to(host.path("cache/engine/docker"))
    host.fake("systemctl", ":")
    host.fake("docker", ":")
    host.fake("mount", ":")
    assert host.step("container-store").status == 0
    assert host.calls("mount") == [f"mount --bind {host.path('cache/engine/containerd')} {host.path('containerd')}"]


def test_an_engine_that_hangs_on_a_bound_store_is_started_again(host: Host) -> None:
    make_engine_folders(host)
    for name in ("docker", "containerd"):
        host.path(name).rmdir()
        host.path(name).symlink_to(host.path("cache/engine") / name)
    asked = host.path("asked")
    host.fake("systemctl", ":")
    host.fake("docker", f"[[ -e {asked} ]] || {{ touch {asked}; exit 1; }}")
    assert host.step("container-store").status == 0
    assert host.calls("systemctl") == [STOP, START]
    assert host.path("cache/engine/docker/overlay2").exists()


def test_an_engine_that_starts_and_does_not_answer_gets_an_empty_store(host: Host) -> None:
    make_engine_folders(host)
    old = host.path("cache/engine/containerd/overlay2")
    host.fake("mount", ":")
    host.fake("systemctl", ":")
    host.fake("docker", f"[[ ! -e {old} ]]")
    assert host.step("container-store").status == 0
    assert host.calls("systemctl") == [STOP, START, STOP, RESET, START]
