"""The stub in user data: fetches the archive, checks it, installs the units."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.userdata.host import Host, Result, make_host
from userdata.render import FILES, STUBS, host_files, scripts_archive, scripts_key


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A host before its first boot: the stubs only."""
    host = make_host(tmp_path / "host", SCRIPTS_KEY=scripts_key())
    shutil.rmtree(host.path("opt"))
    host.path("opt").mkdir()
    for stub in STUBS:
        shutil.copy(FILES / stub, host.path("opt"))
    host.fake("systemctl", ":")
    host.fake("curl", 'case "$*" in *api/token*) echo token ;; *) echo i-0123456789abcdef0 ;; esac')
    serve(host, scripts_archive())
    return host


def serve(host: Host, archive: bytes, *, refusals: int = 0) -> None:
    stored = host.path("object")
    stored.write_bytes(archive)
    tries = host.path("tries")
    copy = f'echo x >>{tries}; (($(wc -l <{tries}) > {refusals})) && cp {stored} "${{@: -1}}"'
    host.fake(
        "aws", f'case "$*" in "s3 cp"*) {copy} ;; *describe-auto*) echo "vllm-group Pending:Wait lt-0a 1" ;; esac'
    )


def fetch(host: Host) -> Result:
    host.path("units").mkdir(exist_ok=True)
    return host.run("fetch.sh", variables={"UNIT_DIR": str(host.path("units"))})


def test_the_scripts_are_fetched_and_started(host: Host) -> None:
    result = fetch(host)
    assert result.status == 0, result.output
    source = f"s3://vllm-scripts-0a1b2c3/{scripts_key()}"
    assert host.calls("aws") == [f"aws s3 cp --only-show-errors {source} {host.path('opt')}/scripts.archive"]
    assert host.calls("systemctl") == [
        "systemctl daemon-reload",
        "systemctl enable --quiet vllm-logs.service vllm-publisher.service vllm-boot.service vllm-agent.service",
        "systemctl start --no-block vllm-logs.service vllm-publisher.service vllm-boot.service vllm-agent.service",
    ]


def test_the_units_get_the_limits_of_the_plan(host: Host) -> None:
    assert fetch(host).status == 0
    units = host.path("units")
    assert {path.name for path in units.glob("*.service")} == {n for n in host_files() if n.endswith(".service")}
    assert (units / "vllm.service.d/plan.conf").read_text() == "[Service]\nTimeoutStopSec=270\n"
    assert (units / "vllm-agent.service.d/plan.conf").read_text() == "[Service]\nTimeoutStopSec=300\n"
    assert (units / "vllm-boot.service.d/plan.conf").read_text() == "[Service]\nTimeoutStartSec=1560\n"


def test_a_fetch_is_retried(host: Host) -> None:
    serve(host, scripts_archive(), refusals=3)
    assert fetch(host).status == 0
    assert len(host.calls("aws s3 cp")) == 4


def test_a_later_boot_leaves_the_start_to_systemd(host: Host) -> None:
    assert fetch(host).status == 0
    before = host.calls()
    assert fetch(host).status == 0
    assert host.calls() == before


def test_a_reboot_before_the_units_were_installed_goes_on(host: Host) -> None:
    host.fake("systemctl", "exit 1")
    assert fetch(host).status != 0
    host.fake("systemctl", ":")
    assert fetch(host).status == 0
    assert len(host.calls("aws s3 cp")) == 2


def abandoned(host: Host) -> bool:
    return any("vllm-launching --lifecycle-action-result ABANDON" in call for call in host.calls("aws autoscaling"))


def test_an_altered_object_is_never_run(host: Host) -> None:
    proof = host.path("ran")
    serve(host, scripts_archive() + f"touch {proof}\n".encode())
    result = fetch(host)
    assert result.status != 0
    assert "the object is not what its name says" in result.output
    assert not proof.exists()
    assert host.calls("systemctl") == []
    assert abandoned(host)
    # Nobody else could tell the log group.
    (told,) = host.calls("aws logs put-log-events")
    assert "--log-stream-name i-0123456789abcdef0" in told
    (event,) = json.loads(told.split("--log-events ")[1])
    message = json.loads(event["message"])
    assert (message["step"], message["status"]) == ("scripts", "failed")
    assert "the object is not what its name says" in message["reason"]


def test_an_object_that_cannot_be_fetched_abandons_the_launch(host: Host) -> None:
    serve(host, scripts_archive(), refusals=99)
    result = fetch(host)
    assert result.status != 0
    assert "could not be fetched" in result.output
    assert len(host.calls("aws s3 cp")) == 12
    assert abandoned(host)
