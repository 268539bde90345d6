"""Nothing of a machine's AWS access reaches a rehearsed engine, and no endpoint leaves this machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rehearsal.aws.environment import aws_environment
from rehearsal.engine.environment import (
    NotLoopbackError,
    engine_environment,
    provider_settings,
    require_loopback,
)
from rehearsal.engine.rig import Rig
from tests.e2e.busy_machine import REAL_LOOKING

ENDPOINT = "http://127.0.0.1:5000"
RIG = Rig(pulumi=Path("/opt/pulumi/bin/pulumi"), plugin_dir=Path("/opt/plugin"), terraform_provider=None)


def environment(*, base: dict[str, str], aws: dict[str, str] | None = None) -> dict[str, str]:
    aws = aws_environment(endpoint=ENDPOINT) if aws is None else aws
    return engine_environment(base=base, rig=RIG, aws=aws, work_dir=Path("/tmp/work"))


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
    result = environment(base={}, aws={"AWS_ENDPOINT_URL": ENDPOINT})
    assert result["AWS_CONFIG_FILE"] == result["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull


def test_state_and_login_are_in_the_work_folder() -> None:
    result = environment(base=dict(REAL_LOOKING))
    assert result["PULUMI_BACKEND_URL"] == "file:///tmp/work/state"
    assert result["PULUMI_HOME"] == "/tmp/work/pulumi-home"
    assert result["TMPDIR"] == "/tmp/work/tmp"
    assert "PULUMI_ACCESS_TOKEN" not in result


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
    assert provider_settings(environment={**aws_environment(endpoint=url)})["aws:endpoints"][0]["ec2"] == url


def test_a_service_endpoint_elsewhere_stops_everything() -> None:
    elsewhere = {**aws_environment(endpoint=ENDPOINT), "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com"}
    with pytest.raises(NotLoopbackError, match=r"s3\.amazonaws\.com"):
        environment(base={}, aws=elsewhere)


def test_no_endpoint_at_all_stops_everything() -> None:
    with pytest.raises(NotLoopbackError, match="AWS_ENDPOINT_URL is not set"):
        environment(base={"AWS_ENDPOINT_URL": ENDPOINT}, aws={})


def test_provider_settings_say_the_same_as_the_environment() -> None:
    settings = provider_settings(environment=aws_environment(endpoint=ENDPOINT))
    assert set(settings["aws:endpoints"][0].values()) == {ENDPOINT}
    assert (settings["aws:accessKey"], settings["aws:secretKey"]) == ("rehearsal", "rehearsal")
