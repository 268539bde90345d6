"""The agent with the host's own scripts: they understand each other, and the order of the end is the promised one."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.userdata.agent.stage import LIFECYCLE, METADATA, SPOT, Stage
from tests.userdata.cloud_cli import play_cloud
from tests.userdata.host import INSTANCE
from userdata.render import scripts_archive

ORDER = ("deregister", "docker stop", "umount", "detach-volume", "complete-lifecycle-action")


@pytest.fixture
def whole(joined: Stage) -> Stage:
    """A host in service behind the load balancer; `systemctl stop vllm.service` runs the unit's ExecStop."""
    host = joined.host
    opt = str(host.path("opt"))
    subprocess.run(["bash", "/dev/stdin", opt], input=scripts_archive(), check=True, env=os.environ)
    play_cloud(host, targets=["healthy"], states=["InService", "Terminating:Wait"])
    host.path("bin/curl").unlink()
    joined.world.texts |= {
        f"{METADATA}instance-id": INSTANCE,
        f"{METADATA}placement/availability-zone": "us-east-1a",
    }
    fake = host.path("bin/systemctl").read_text()
    stop = '[[ $2 != vllm.service ]] || exec "$SCRIPTS_DIR/stop-vllm.sh"'
    host.path("bin/systemctl").write_text(fake.replace('case "$1" in', f'case "$1" in\n  stop) {stop} ;;', 1))
    for program in ("umount", "mountpoint"):
        host.fake(program, ":")
    return joined


def order(stage: Stage) -> list[str]:
    """The first of each act of the end."""
    found = [act for call in stage.host.calls() for act in ORDER if act in call]
    return list(dict.fromkeys(found))


@pytest.mark.parametrize(
    ("path", "text"),
    [(SPOT, '{"action": "terminate", "time": "2026-11-24T15:02:15Z"}'), (LIFECYCLE, "Terminated")],
    ids=["spot notice", "terminating state"],
)
def test_out_of_rotation_then_drained_then_released_then_told(whole: Stage, path: str, text: str) -> None:
    whole.world.texts[path] = text
    whole.pass_s(10)
    assert order(whole) == list(ORDER)
    assert whole.host.events()[-1]["step"] == "drain"
    assert whole.host.events()[-1]["status"] == "ok"


def test_a_spot_notice_is_an_event_and_a_metric(whole: Stage) -> None:
    whole.world.texts[SPOT] = "{}"
    whole.pass_s(10)
    assert [event["step"] for event in whole.host.events()] == ["agent", "drain"]
    assert "--metric-name SpotInterruptions --value 1" in "\n".join(whole.calls("aws"))


def test_a_stop_by_a_person_leaves_the_rotation_first_and_a_start_returns(whole: Stage) -> None:
    assert whole.host.run("stop-vllm.sh", variables=whole.environment).status == 0
    whole.units(vllm="inactive")
    whole.pass_s(60)
    assert order(whole) == ["deregister", "docker stop"]
    assert "register-targets" not in "\n".join(whole.calls("aws")).replace("deregister-targets", "")
    play_cloud(whole.host, targets=["draining"], states=["InService"])
    whole.host.path("bin/curl").unlink()
    whole.units(start="b")
    whole.pass_s(60)
    assert sum("aws elbv2 register-targets" in call for call in whole.calls("aws")) == 1
    assert not whole.host.path("run/out-of-rotation").exists()


def test_a_hung_server_is_reported_to_the_group_and_leaves_the_rotation(whole: Stage) -> None:
    whole.world.load(requests=2, tokens=10)
    whole.world.completes = False
    whole.pass_s(120)
    calls = "\n".join(whole.calls("aws"))
    assert calls.count("set-instance-health") == 1
    assert calls.index("set-instance-health") < calls.index("deregister-targets")
    (event,) = whole.host.events()
    assert event["reason"].endswith("2 requests in it; the group replaces this host")
    assert "--metric-name StalledHosts --value 1" in calls
