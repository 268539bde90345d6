"""Who the container is on this machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from components.local.owner import GIVE
from machine.address import address
from machine.engine import EngineView, opened
from machine.facts import Engine, NoEngine
from machine.user import container_user
from tests.e2e.support import need
from tests.machine.docker_stand_in import engine_answering, info


def engine(*, rootless: bool = False) -> Engine:
    return Engine(
        host="unix:///var/run/docker.sock",
        version="28.2.2",
        is_local=True,
        root_dir="/var/lib/docker",
        images=None,
        volumes=None,
        nvidia=False,
        rootless=rootless,
    )


def test_it_is_whoever_started_it_in_the_group_of_the_image() -> None:
    assert container_user(engine(), run_as_root=False, uid=1000) == "1000:0"
    nothing = NoEngine(host="", trouble="not-running", given="")
    assert container_user(nothing, run_as_root=False, uid=1000) == "1000:0"


def test_an_engine_without_root_has_the_user_as_its_root() -> None:
    assert container_user(engine(rootless=True), run_as_root=False, uid=1000) == "0:0"


def test_an_image_that_needs_root_gets_it() -> None:
    assert container_user(engine(), run_as_root=True, uid=1000) == "0:0"


def test_volumes_are_given_away_once_and_what_a_link_leads_to_is_not(tmp_path: Path) -> None:
    need(os.geteuid() == 0, "only root can give files away")
    (tmp_path / "outside").touch()
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "outside")
    command = ["/bin/sh", "-c", GIVE, "owner", str(folder)]
    subprocess.run(command, env={**os.environ, "OWNER": "1000:0"}, check=True)
    assert {folder.stat().st_uid, (folder / "link").lstat().st_uid} == {1000}
    assert (tmp_path / "outside").stat().st_uid == 0
    (folder / "later").touch()
    subprocess.run(command, env={**os.environ, "OWNER": "1000:0"}, check=True)
    assert (folder / "later").stat().st_uid == 0


@pytest.mark.parametrize("options", [[], ["name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"]])
def test_the_engine_says_whether_it_is_rootless(options: list[str], tmp_path: Path) -> None:
    with engine_answering({"/info": info(tmp_path, SecurityOptions=options)}) as host:
        where = address(host=host, context=None, environment={})
        with opened(where, environment={}) as seen:
            assert isinstance(seen, EngineView)
            assert seen.engine().rootless is bool(options)
