"""Nothing of a machine's AWS access reaches a rehearsed engine, and no endpoint leaves this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal.aws.environment import aws_environment
from rehearsal.engine.environment import engine_environment
from rehearsal.engine.providers import NotLoopbackError, container_engine, emulated_aws, require_loopback
from rehearsal.engine.rig import Rig
from tests.e2e.busy_machine import REAL_LOOKING

ROOT = Path(__file__).resolve().parents[3]
ENDPOINT = "http://127.0.0.1:5000"
RIG = Rig(pulumi=Path("/opt/pulumi/bin/pulumi"), plugin_dir=Path("/opt/plugin"), terraform_provider=None)


def environment(*, base: dict[str, str], aws: dict[str, str] | None = None) -> dict[str, str]:
    aws = aws_environment(endpoint=ENDPOINT) if aws is None else aws
    return engine_environment(base=base, rig=RIG, providers=emulated_aws(aws), work_dir=Path("/tmp/work"))


def test_no_value_of_a_real_environment_passes() -> None:
    result = environment(base={**REAL_LOOKING, "HOME": "/home/me", "PATH": "/usr/bin", "GITHUB_TOKEN": "ghp_x"})
    assert set(result.values()).isdisjoint({*REAL_LOOKING.values(), "ghp_x"})
    assert result["AWS_ACCESS_KEY_ID"] == "rehearsal"
    assert "AWS_PROFILE" not in result


def test_profile_files_are_out_of_reach() -> None:
    result = environment(base={"HOME": "/home/me"})
    assert result["AWS_CONFIG_FILE"] == result["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert result["AWS_EC2_METADATA_DISABLED"] == "true"


def test_profile_files_are_out_of_reach_even_when_the_emulator_forgets_them() -> None:
    keys = {"AWS_ACCESS_KEY_ID": "rehearsal", "AWS_SECRET_ACCESS_KEY": "rehearsal"}
    result = environment(base={}, aws={"AWS_ENDPOINT_URL": ENDPOINT, **keys})
    assert result["AWS_CONFIG_FILE"] == result["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull


def test_state_and_login_are_in_the_work_folder() -> None:
    result = environment(base=dict(REAL_LOOKING))
    assert result["PULUMI_BACKEND_URL"] == "file:///tmp/work/state"
    assert result["PULUMI_HOME"] == "/tmp/work/pulumi-home"
    assert result["TMPDIR"] == "/tmp/work/tmp"
    assert "PULUMI_ACCESS_TOKEN" not in result


def test_what_the_rigs_plugins_read_has_its_keys_in_order() -> None:
    """Sets are compared by their text there: without this the same labels replace a container now and then."""
    rig = ROOT.parent / "shared" / "rehearsal"
    if not rig.is_dir():
        pytest.skip("../shared/rehearsal is not here")
    code = (
        "from google.protobuf.struct_pb2 import Struct; from dockerplugin.servicer import from_struct; s = Struct(); "
        "s.update({letter: 0 for letter in 'hgfedcba'}); print(*from_struct(s))"
    )
    path = f"{environment(base={})['PYTHONPATH']}{os.pathsep}{rig}"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == list("abcdefgh")


def test_the_rigs_tools_come_first_on_path() -> None:
    result = environment(base={"PATH": "/usr/bin"})
    assert result["PATH"] == "/opt/plugin:/opt/pulumi/bin:/usr/bin"


@pytest.mark.parametrize(
    "url",
    [
        "https://ec2.us-east-1.amazonaws.com",
        "http://10.0.0.1:5000",
        "http://169.254.169.254",
        "http://localhost.example.com:5000",
        "http://localhost:5000",
        "127.0.0.1:5000",
        "",
    ],
)
def test_an_endpoint_that_is_not_a_loopback_address_stops_everything(url: str) -> None:
    with pytest.raises(NotLoopbackError):
        require_loopback([ENDPOINT, url])


@pytest.mark.parametrize("url", ["http://127.0.0.1:5000", "http://127.1.2.3", "http://[::1]:5000"])
def test_loopback_addresses_pass(url: str) -> None:
    require_loopback([url])
    assert emulated_aws(aws_environment(endpoint=url)).settings["aws:endpoints"][0]["ec2"] == url


def test_a_service_endpoint_elsewhere_stops_everything() -> None:
    elsewhere = {**aws_environment(endpoint=ENDPOINT), "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com"}
    with pytest.raises(NotLoopbackError, match=r"s3\.amazonaws\.com"):
        environment(base={}, aws=elsewhere)


def test_no_endpoint_at_all_stops_everything() -> None:
    with pytest.raises(NotLoopbackError, match="AWS_ENDPOINT_URL is not set"):
        environment(base={"AWS_ENDPOINT_URL": ENDPOINT}, aws={})


def test_provider_settings_say_the_same_as_the_environment() -> None:
    settings = emulated_aws(aws_environment(endpoint=ENDPOINT)).settings
    assert set(settings["aws:endpoints"][0].values()) == {ENDPOINT}
    assert (settings["aws:accessKey"], settings["aws:secretKey"]) == ("rehearsal", "rehearsal")


def test_a_stack_on_this_machine_finds_no_aws_at_all() -> None:
    here = container_engine("unix:///run/other.sock")
    result = engine_environment(base=dict(REAL_LOOKING), rig=RIG, providers=here, work_dir=Path("/tmp/work"))
    given = {name: value for name, value in result.items() if name.startswith("AWS_")}
    assert given == {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    assert result["DOCKER_HOST"] == here.settings["docker:host"] == "unix:///run/other.sock"


@pytest.mark.parametrize("host", ["tcp://127.0.0.1:2375", "ssh://me@elsewhere", ""])
def test_a_container_engine_is_a_socket_of_this_machine(host: str) -> None:
    with pytest.raises(NotLoopbackError):
        container_engine(host)
