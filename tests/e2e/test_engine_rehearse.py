"""The whole rehearsal as README has it, to a completion served by real vLLM, on a machine that is cut off from the
network and full of real-looking credentials: what it does not need, it cannot have used."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from rehearsal.depth import reach
from rehearsal.engine.rig import Rig
from rehearsal.host.engine import ContainerEngine
from rehearsal.host.image import ensure_images
from tests.e2e.life import ROOT, STACK
from tests.e2e.support import need

pytestmark = pytest.mark.e2e

# Only loopback, and up: a process in there reaches this machine and nothing else.
CUT_OFF = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
LIMIT_S = 600


@pytest.fixture(scope="module")
def report(rig: Rig, busy_environ: Mapping[str, str]) -> Mapping[str, Any]:
    possible = reach(boot=True, root=ROOT)
    need(possible.depth == "boot", "; ".join(f"no {tool.what}: {tool.how}" for tool in possible.missing))
    need(os.geteuid() == 0 and shutil.which("unshare") is not None, "a network of its own needs root and unshare")
    with ContainerEngine.open() as engine:  # images come from the network, once
        ensure_images(engine=engine)
    done = subprocess.run(
        [*CUT_OFF, sys.executable, "-m", "ops", "rehearse", "--stack", STACK, "--boot", "--json"],
        cwd=ROOT,
        env=dict(busy_environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    document: Mapping[str, Any] = json.loads(done.stdout)
    return document


@pytest.fixture(scope="module")
def details(report: Mapping[str, Any]) -> Mapping[str, str]:
    assert all(check["passed"] for check in report["checks"])
    return {check["name"]: check["detail"] for check in report["checks"]}


def test_it_goes_all_the_way(report: Mapping[str, Any], details: Mapping[str, str]) -> None:
    assert (report["passed"], report["depth"], report["deeper"]) == (True, "boot", [])
    assert list(details) == [
        "preview",
        "up",
        "inventory",
        "alarms",
        "served completion",
        "second up",
        "refresh",
        "destroy",
        "isolation",
    ]


def test_the_launch_templates_user_data_boots_to_a_completion_by_real_vllm(details: Mapping[str, str]) -> None:
    assert details["served completion"].startswith("i-")
    assert " answered " in details["served completion"]


def test_afterwards_a_dev_stack_is_gone_whole(report: Mapping[str, Any], details: Mapping[str, str]) -> None:
    assert report["left"] == []
    assert details["destroy"] == "leaves nothing"


def test_only_fake_keys_arrived(details: Mapping[str, str]) -> None:
    assert details["isolation"].endswith("all to loopback with the fake key")


def test_the_inventory_shows_what_a_person_would_look_for(report: Mapping[str, Any]) -> None:
    titles = [section["title"] for section in report["aws"]]
    assert titles == [
        "Launch template",
        "Auto Scaling group",
        "Lifecycle hooks",
        "Load balancer",
        "Listener rules",
        "Target group",
        "Security groups",
        "Cache volumes",
        "Secrets",
        "Host scripts",
        "Alarms",
        "Notifications and logs",
    ]
    assert all(section["rows"] for section in report["aws"])
