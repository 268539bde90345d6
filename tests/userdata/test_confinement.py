"""What holds the container, and that nothing it leaves in its folders leads root outside of them."""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.support import need
from tests.userdata.host import Host, Result, make_host
from tests.userdata.test_cache_space import IMAGE, Cache, sparse

COMMIT = "0a" * 20
NOBODY = "12345:0"


def words_of(host: Host) -> list[str]:
    (call,) = host.calls("docker run")
    return shlex.split(call)


def options(words: list[str], name: str) -> list[str]:
    return [words[index + 1] for index, word in enumerate(words) if word == name]


def of_vllm(host: Host) -> list[str]:
    host.fake("docker", "[[ $1 != container ]]")
    assert host.run("run-vllm.sh").status == 0
    return words_of(host)


def of_model_files(host: Host) -> list[str]:
    host.fake("docker", "[[ $1 != container ]]")
    assert host.step("model-files").status == 0
    return words_of(host)


@pytest.mark.parametrize("started", [of_vllm, of_model_files])
def test_a_container_of_the_model_may_do_nothing_but_write_its_folders(
    tmp_path: Path, started: Callable[[Host], list[str]]
) -> None:
    host = make_host(tmp_path / "host")
    words = started(host)
    assert "--read-only" in words
    assert options(words, "--user") == [f"{os.geteuid()}:{os.getegid()}"]
    assert options(words, "--cap-drop") == ["ALL"]
    assert options(words, "--security-opt") == ["no-new-privileges"]
    assert options(words, "--pids-limit") == ["16384"]
    assert options(words, "--tmpfs") == ["/tmp:rw,exec,nosuid,nodev,mode=1777,size=4g"]
    writable = [volume for volume in options(words, "--volume") if not volume.endswith(":ro")]
    assert {volume.partition(":")[2] for volume in writable} <= {"/cache/huggingface", "/cache/vllm"}
    assert not {"--privileged", "--ipc=host", "--pid=host", "--network"} & set(words)


def test_only_an_image_that_needs_root_gets_rights_and_only_over_files(tmp_path: Path) -> None:
    words = of_vllm(make_host(tmp_path / "root", CONTAINER_USER="0:0"))
    assert options(words, "--user") == ["0:0"]
    assert options(words, "--cap-drop") == ["ALL"]
    assert options(words, "--cap-add") == ["CHOWN", "DAC_OVERRIDE", "FOWNER"]
    assert options(of_vllm(make_host(tmp_path / "other", CONTAINER_USER="2000:0")), "--cap-add") == []


def test_workers_share_half_of_the_memory_and_not_the_hosts_own(tmp_path: Path) -> None:
    (size,) = options(of_vllm(make_host(tmp_path / "host")), "--shm-size")
    half = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    assert size.endswith("k")
    assert int(size[:-1]) * 1024 == pytest.approx(half, rel=0.05)


@pytest.fixture
def root() -> None:
    need(os.geteuid() == 0, "only root can give files away")


def give(host: Host, folder: Path) -> Result:
    script = host.path("opt") / "give.sh"
    script.write_text(f'. "$SCRIPTS_DIR/lib.sh"; . "$SCRIPTS_DIR/container.sh"; give_to_container "{folder}"\n')
    return host.run("give.sh")


@pytest.mark.usefixtures("root")
def test_what_root_left_on_an_older_slot_becomes_the_containers_once(tmp_path: Path) -> None:
    host = make_host(tmp_path / "host", CONTAINER_USER=NOBODY)
    outside = tmp_path / "outside"
    outside.write_text("root's")
    folder = host.path("cache/huggingface")
    (folder / "hub").mkdir(parents=True)
    (folder / "hub/file").touch()
    (folder / "hub/link").symlink_to(outside)
    (folder / "hub/folder").symlink_to(tmp_path)
    assert give(host, folder).status == 0
    assert {path.lstat().st_uid for path in (folder, *folder.rglob("*"))} == {12345}
    assert (outside.stat().st_uid, tmp_path.stat().st_uid) == (0, 0)
    (folder / "later").touch()
    assert give(host, folder).status == 0
    assert (folder / "later").stat().st_uid == 0, "a slot that is the container's is not walked again"


@pytest.mark.usefixtures("root")
def test_a_slot_that_was_given_by_half_is_given_again(tmp_path: Path) -> None:
    host = make_host(tmp_path / "host", CONTAINER_USER=NOBODY)
    folder = host.path("cache/vllm")
    folder.mkdir()
    (folder / "a").touch()
    (folder / "b").touch()
    host.fake("chown", "exit 1")
    assert give(host, folder).status != 0
    assert folder.stat().st_uid == 0
    (host.path("bin") / "chown").unlink()
    assert give(host, folder).status == 0
    assert {path.stat().st_uid for path in (folder, *folder.iterdir())} == {12345}


@pytest.mark.usefixtures("root")
def test_secrets_are_files_of_the_container_that_nobody_else_reads(tmp_path: Path) -> None:
    """The folder too, so that another user of the host does not even see their names."""
    host = make_host(tmp_path / "host", CONTAINER_USER=NOBODY)
    folder = host.path("run/secrets")
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, 0)
    keys = json.dumps({"keys": {"me": {"key": "sk-1"}}})
    command = ["python3", str(host.path("opt") / "write_keys.py"), str(folder / "config.yaml")]
    subprocess.run(command, input=keys, text=True, check=True)
    found = (folder / "config.yaml").stat()
    assert (found.st_uid, stat.S_IMODE(found.st_mode)) == (12345, 0o400)


LINKS: dict[str, tuple[str, str]] = {
    "the hub": ("huggingface/hub", "."),
    "a repository": ("huggingface/hub/models--org--evil", "models--org--inside"),
    "its snapshots": ("huggingface/hub/models--org--evil/snapshots", "models--org--inside/snapshots"),
    "its blobs": ("huggingface/hub/models--org--evil/blobs", "models--org--inside/blobs"),
    "the chunks": ("huggingface/xet", "."),
    "a kind of compiled things": ("vllm/torch_compile_cache", "."),
}
"""What a container made a link of, and to what outside."""


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Folders of the host that look like a cache to whoever follows a link."""
    folder = tmp_path / "outside"
    for name in ("blobs", f"snapshots/{COMMIT}", f"snapshots/{'0b' * 20}"):
        (folder / "models--org--inside" / name).mkdir(parents=True)
    for path in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        (path / "precious").write_text("of the host")
    return folder


@pytest.mark.parametrize("link", LINKS)
def test_making_room_follows_no_link_out_of_the_cache(tmp_path: Path, outside: Path, link: str) -> None:
    cache = Cache(host=make_host(tmp_path / "host", CHECKPOINT_GIB="15", IMAGE=IMAGE))
    cache.image(IMAGE, gib=30)
    sparse(cache.path / "somebody", 60)
    evil = cache.path / "huggingface/hub/models--org--evil"
    for commit in (COMMIT, "0b" * 20):
        (evil / "snapshots" / commit).mkdir(parents=True)
    (evil / "blobs").mkdir()
    place, target = LINKS[link]
    path = cache.path / place
    if path.exists():
        path.rename(tmp_path / "aside")
    path.symlink_to(outside / target)
    before = sorted(outside.rglob("*"))
    result = cache.host.step("cache-space")
    assert "Traceback" not in result.output
    assert sorted(outside.rglob("*")) == before


@pytest.mark.usefixtures("root")
def test_a_link_that_is_made_just_then_leads_to_nothing_that_is_not_the_containers(tmp_path: Path) -> None:
    cache = Cache(host=make_host(tmp_path / "host", CHECKPOINT_GIB="15", IMAGE=IMAGE))
    cache.image(IMAGE, gib=30)
    cache.revision("org/other", COMMIT, {"weights": 60})
    held = cache.repo("org/other") / "snapshots" / COMMIT
    os.chown(cache.path / "huggingface", 12345, 0)  # who may not remove what is root's
    tmp_path.chmod(0o755)
    result = cache.host.step("cache-space")
    assert result.status != 0
    assert "Permission denied" in result.output
    assert "Traceback" not in result.output
    assert held.exists()


def test_what_has_served_is_looked_for_in_no_other_folder(tmp_path: Path) -> None:
    host = make_host(tmp_path / "host")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text("of the host")
    repository = host.path("cache/huggingface/hub/models--org--model")
    (repository / "refs").mkdir(parents=True)
    (repository / "snapshots").mkdir()
    (repository / "refs/main").write_text("../../../../../../outside")
    served = host.path("opt") / "served.py"
    command = ["python3", str(served), "record", str(host.path("cache/huggingface")), str(host.path("args")), IMAGE]
    subprocess.run(command, check=True)
    assert not (host.path("cache/huggingface") / ".served").exists()


@pytest.mark.usefixtures("root")
def test_what_is_recorded_on_the_slot_is_written_with_the_containers_rights(tmp_path: Path) -> None:
    """A link in the place of the record must not have root write where it leads."""
    host = make_host(tmp_path / "host", CONTAINER_USER=NOBODY)
    script = host.path("opt") / "who.sh"
    script.write_text('. "$SCRIPTS_DIR/lib.sh"; . "$SCRIPTS_DIR/container.sh"; as_container_user id -u\n')
    assert host.run("who.sh").output.strip() == "12345"
    for name in ("probe", "model-files"):
        for line in (host.path("opt") / f"steps/{name}.sh").read_text().splitlines():
            assert "served.py" not in line or "as_container_user python3" in line
