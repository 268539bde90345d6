"""The whole rehearsal of both stacks as README has it, to completions served by real vLLM, on a machine that is cut off
from the network and full of real-looking credentials: what it does not need, it cannot have used."""

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
from tests.e2e.life import ROOT
from tests.e2e.support import need

pytestmark = pytest.mark.e2e

# Only loopback, and up: a process in there reaches this machine and nothing else.
CUT_OFF = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
LIMIT_S = 900
SECTIONS = [
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

Report = Mapping[str, Any]


@pytest.fixture(scope="module")
def reports(rig: Rig, busy_environ: Mapping[str, str]) -> Mapping[str, Report]:
    """What `make rehearse` runs, with its document; stack name -> report."""
    possible = reach(boot=True, root=ROOT)
    need(possible.depth == "boot", "; ".join(f"no {tool.what}: {tool.how}" for tool in possible.missing))
    need(os.geteuid() == 0 and shutil.which("unshare") is not None, "a network of its own needs root and unshare")
    with ContainerEngine.open() as engine:  # images come from the network, once
        ensure_images(engine=engine)
    done = subprocess.run(
        [*CUT_OFF, sys.executable, "-m", "ops", "rehearse", "--stack", "dev", "--stack", "prod", "--boot", "--json"],
        cwd=ROOT,
        env=dict(busy_environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    document: Mapping[str, Any] = json.loads(done.stdout)
    assert document["passed"] is True
    return {report["stack"]: report for report in document["stacks"]}


@pytest.fixture(params=["dev", "prod"])
def report(request: pytest.FixtureRequest, reports: Mapping[str, Report]) -> Report:
    return reports[request.param]


def details(report: Report) -> Mapping[str, str]:
    assert all(check["passed"] for check in report["checks"])
    return {check["name"]: check["detail"] for check in report["checks"]}


def test_both_go_all_the_way(reports: Mapping[str, Report]) -> None:
    assert list(reports) == ["dev", "prod"]
    for report in reports.values():
        assert (report["passed"], report["depth"], report["deeper"]) == (True, "boot", [])
    assert list(details(reports["dev"])) == [
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
    assert list(details(reports["prod"])) == [
        "given",
        "preview",
        "up",
        "inventory",
        "alarms",
        "served completion",
        "second up",
        "refresh",
        "beside dev",
        "protection",
        "unprotect",
        "destroy",
        "given untouched",
        "isolation",
    ]


def test_the_launch_templates_user_data_boots_to_a_completion_by_real_vllm(report: Report) -> None:
    served = details(report)["served completion"]
    assert served.startswith("i-")
    assert " answered " in served


def test_a_second_up_changes_nothing_and_nothing_drifts(report: Report) -> None:
    assert details(report)["second up"] == "changes nothing"
    assert details(report)["refresh"] == "finds no drift"


def test_afterwards_a_dev_stack_is_gone_whole_and_the_other_is_as_it_was(reports: Mapping[str, Report]) -> None:
    assert reports["dev"]["left"] == []
    assert details(reports["dev"])["destroy"] == "leaves nothing"
    assert details(reports["prod"])["beside dev"] == "untouched by the destroy of dev"


def test_of_prod_exactly_the_protected_cache_is_left(reports: Mapping[str, Report]) -> None:
    prod = reports["prod"]
    assert sorted(prod["left"]) == sorted(prod["outputs"]["cache_volume_ids"])


def test_deletion_protection_is_taken_away_before_the_load_balancer_goes(reports: Mapping[str, Report]) -> None:
    said = details(reports["prod"])
    assert said["protection"].startswith("pulumi and AWS refuse; --exclude-protected would leave it")
    assert said["unprotect"] == "update LoadBalancer vllm"


def test_the_given_certificate_serves_and_stays(reports: Mapping[str, Report]) -> None:
    rows = [row for section in reports["prod"]["aws"] for row in section["rows"]]
    ((_, certificate),) = [row for row in rows if row[0] == "HTTPS 443 certificate"]
    arn, policy = certificate.split(", ")
    assert details(reports["prod"])["given"] == f"the account holds {arn}"
    assert "TLS13-1-2" in policy
    assert ["HTTP 80 rule default", "* -> redirect to HTTPS 443 (HTTP_301)"] in rows


def test_only_fake_keys_arrived(report: Report) -> None:
    assert details(report)["isolation"].endswith("all to loopback with the fake key")


def test_the_inventory_shows_what_a_person_would_look_for(report: Report) -> None:
    assert [section["title"] for section in report["aws"]] == SECTIONS
    assert all(section["rows"] for section in report["aws"])
