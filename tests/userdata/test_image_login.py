"""An image in ECR is pulled as the host's role, whose password stays on tmpfs and only during the step."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.userdata.host import Host, make_host

REGISTRY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
IMAGE = f"{REGISTRY}/vllm-image-0a1b2c3@sha256:{'0' * 64}"
PASSWORD = "a-password-of-ecr"
# As docker does: a login is written into the folder of the configuration, and a pull reads it there.
DOCKER = """
case "$1" in
  image) exit 1 ;;
  login) cp /dev/stdin "$DOCKER_CONFIG/config.json" ;;
  pull) grep -q {password} "$DOCKER_CONFIG/config.json" || {{ echo "no basic auth credentials" >&2; exit 1; }} ;;
esac
"""


@pytest.fixture
def host(tmp_path: Path) -> Host:
    host = make_host(tmp_path / "host", IMAGE=IMAGE)
    host.fake("docker", DOCKER.format(password=PASSWORD))
    host.fake("aws", f"echo {PASSWORD}")
    return host


def test_the_host_logs_in_to_the_registry_of_its_image_before_it_pulls(host: Host) -> None:
    result = host.step("image")
    assert result.status == 0, result.output
    assert host.calls("aws") == ["aws ecr get-login-password --region eu-central-1"]
    assert host.calls("docker")[1:] == [
        f"docker login --username AWS --password-stdin {REGISTRY}",
        f"docker pull --quiet {IMAGE}",
    ]


def test_the_password_is_neither_shown_nor_left(host: Host) -> None:
    result = host.step("image")
    assert PASSWORD not in result.output
    assert PASSWORD not in "\n".join(host.calls())
    files = [file for file in host.root.rglob("*") if file.is_file() and "bin" not in file.parts]
    assert files
    assert [file for file in files if PASSWORD in file.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize(
    "image",
    [
        "vllm/vllm-openai:v0.32.0",
        "registry.example.com/vllm:v0.32.0",
        "public.ecr.aws/team/vllm:v0.32.0",  # anybody may pull from it
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com.example.com/vllm:v0.32.0",
    ],
)
def test_no_other_registry_gets_the_password(tmp_path: Path, image: str) -> None:
    host = make_host(tmp_path / "host", IMAGE=image)
    host.fake("aws", "exit 1")
    host.fake("docker", f"[[ -z ${{DOCKER_CONFIG:-}} ]] || touch {host.path('configured')}; [[ $1 == pull ]]")
    assert host.step("image").status == 0
    assert host.calls("aws") == []
    assert not [call for call in host.calls("docker") if "login" in call]
    assert not host.path("configured").exists()  # logins of the machine image go on acting


@pytest.mark.parametrize(
    ("region", "registry"), [("cn-north-1", "amazonaws.com.cn"), ("us-gov-west-1", "amazonaws.com")]
)
def test_every_partition_has_its_registry(tmp_path: Path, region: str, registry: str) -> None:
    host = make_host(tmp_path / "host", IMAGE=f"123456789012.dkr.ecr.{region}.{registry}/vllm:v0.32.0")
    host.fake("docker", DOCKER.format(password=PASSWORD))
    host.fake("aws", f"echo {PASSWORD}")
    assert host.step("image").status == 0
    assert host.calls("aws") == [f"aws ecr get-login-password --region {region}"]


def test_a_role_that_is_not_known_yet_is_tried_again(host: Host) -> None:
    tries = host.path("tries")
    denied = "An error occurred (AccessDeniedException): no identity-based policy allows it"
    host.fake(
        "aws", f"echo x >>{tries}; (($(wc -l <{tries}) < 3)) && {{ echo '{denied}' >&2; exit 254; }}; echo {PASSWORD}"
    )
    result = host.step("image")
    assert result.status == 0, result.output
    (waiting,) = [event["reason"] for event in host.events()]
    assert waiting == f"docker pull: no login to {REGISTRY}: {denied}; again in 5 s"


def test_a_role_that_may_not_log_in_fails_at_the_deadline_with_the_words_of_aws(host: Host) -> None:
    host.fake("aws", "echo 'An error occurred (AccessDeniedException): no' >&2; exit 254")
    assert host.step("image", left_s=60).status != 0
    assert host.reason() == (
        f"docker pull {IMAGE}: no login to {REGISTRY}: An error occurred (AccessDeniedException): no: "
        "until the boot deadline"
    )
    assert host.calls("docker pull") == []


def test_an_image_that_ecr_does_not_have_fails_at_once_with_where_to_look(host: Host) -> None:
    error = "manifest for vllm not found: manifest unknown: Requested image not found"
    host.fake("docker", f"[[ $1 == login ]] && exit 0; echo '{error}' >&2; exit 1")
    assert host.step("image").status != 0
    assert len(host.calls("docker pull")) == 1
    assert host.reason().endswith(
        "see whether ECR has it, and with vllm:image.pullThrough whether its credential is valid"
    )
