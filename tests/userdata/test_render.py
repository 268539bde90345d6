"""User data as text: what is in it, what is not, and that nothing but its inputs shows."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.errors import ConfigError
from config.sources import load_stack_file
from monitoring.published import publisher_spec
from sizing.prepare import prepare
from tests.userdata.builders import ARGUMENTS, make_options, make_plan
from userdata.options import AwsNames, host_options
from userdata.render import (
    FILES,
    PUBLISHER_SPEC,
    USER_DATA_LIMIT_BYTES,
    cloud_config,
    host_files,
    scripts_archive,
    scripts_key,
)

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
NAMES = AwsNames(
    scripts_bucket="vllm-scripts-0a1b2c3",
    api_keys_secret_arn="arn:aws:secretsmanager:us-east-1:123456789012:secret:vllm-api-keys-AbCdEf",
    hf_token_secret_arn="arn:aws:secretsmanager:us-east-1:123456789012:secret:vllm-hf-token-GhIjKl",
    log_group="vllm-hosts-0a1b2c3",
    target_group_arn="arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/vllm/0123456789abcdef",
)


def test_user_data_of_the_dev_stack_is_the_golden_file() -> None:
    """A difference replaces every host of every dev stack at its next `pulumi up`.

    When that is wanted: UPDATE_GOLDEN=1 python -m pytest tests/userdata/test_render.py
    """
    config, plan = prepare(load_stack_file(stack="dev", root=ROOT), root=ROOT)
    text = cloud_config(host_options(config=config, plan=plan, names=NAMES))
    # The hash has tests of its own; here it would only hide which lines changed.
    text = text.replace(scripts_key(), "scripts/[sha256]")
    golden = GOLDEN / "dev.yaml"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def files_of(text: str) -> dict[str, dict[str, Any]]:
    return {entry["path"]: entry for entry in yaml.safe_load(text)["write_files"]}


def test_cloud_init_writes_what_was_given_and_starts_the_stub() -> None:
    text = cloud_config(make_options())
    files = files_of(text)
    assert files["/etc/vllm/args"]["content"].splitlines() == list(ARGUMENTS)
    assert 'CACHE_POOL="dev"\n' in files["/etc/vllm/vllm.env"]["content"]
    for stub in ("fetch.sh", "abandon.sh"):
        assert files[f"/opt/vllm/{stub}"]["content"] == (FILES / stub).read_text()
        assert files[f"/opt/vllm/{stub}"]["permissions"] == "0755"
    # At every boot, unlike runcmd: a host that reboots before it has its scripts goes on.
    start = files["/var/lib/cloud/scripts/per-boot/vllm"]
    assert start["content"] == "#!/bin/sh\nexec /opt/vllm/fetch.sh\n"
    assert start["permissions"] == "0755"


@pytest.mark.parametrize(
    "arguments",
    [
        ("  starts with spaces", "org/model"),
        ("org/model", "--chat-template", "{{ a }}: # 'b' \"c\" |", "- d"),
        ("org/model", "--flag", "", "--last", ""),
    ],
)
def test_yaml_keeps_odd_arguments(arguments: tuple[str, ...]) -> None:
    text = cloud_config(make_options(plan=make_plan(vllm_args=arguments)))
    assert files_of(text)["/etc/vllm/args"]["content"] == "".join(f"{argument}\n" for argument in arguments)


def test_user_data_names_the_scripts_by_their_hash() -> None:
    assert f'SCRIPTS_KEY="{scripts_key()}"' in cloud_config(make_options())
    assert len(scripts_key()) == len("scripts/") + 64


def test_another_process_renders_the_same_bytes() -> None:
    program = (
        "import sys; from tests.userdata.builders import make_options; from userdata.render import *;"
        "sys.stdout.buffer.write(cloud_config(make_options()).encode() + scripts_archive())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "LC_ALL": "C", "TZ": "Asia/Tokyo"}
    other = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, check=True)
    assert other.stdout == cloud_config(make_options()).encode() + scripts_archive()


def test_user_data_above_the_limit_of_ec2_is_refused() -> None:
    room = USER_DATA_LIMIT_BYTES - len(cloud_config(make_options()).encode())
    fits = make_plan(vllm_args=(*ARGUMENTS, "x" * (room - 5)))
    assert len(cloud_config(make_options(plan=fits)).encode()) == USER_DATA_LIMIT_BYTES
    with pytest.raises(ConfigError, match="at most 16384 bytes"):
        cloud_config(make_options(plan=make_plan(vllm_args=(*ARGUMENTS, "x" * (room - 4)))))


@pytest.mark.parametrize("field", ["scripts_bucket", "api_keys_secret_arn", "log_group", "launching_hook"])
def test_every_name_is_needed(field: str) -> None:
    changes: dict[str, Any] = {field: ""}
    with pytest.raises(ValueError, match="is empty"):
        cloud_config(replace(make_options(), **changes))


def test_the_archive_unpacks_to_the_files(tmp_path: Path) -> None:
    subprocess.run(["bash", "/dev/stdin", str(tmp_path)], input=scripts_archive(), check=True)
    unpacked = {
        path.relative_to(tmp_path).as_posix(): path.read_text() for path in tmp_path.rglob("*") if path.is_file()
    }
    assert unpacked == host_files()
    assert os.access(tmp_path / "boot.sh", os.X_OK)
    assert os.access(tmp_path / "steps/probe.sh", os.X_OK)


def test_every_file_of_the_folder_reaches_the_host() -> None:
    files = {path.relative_to(FILES).as_posix() for path in FILES.rglob("[!.]*") if path.is_file()}
    ours = {path for path in files if "__pycache__" not in path}
    assert {*ours, PUBLISHER_SPEC} == {*host_files(), "fetch.sh", "abandon.sh"}


def test_the_host_is_told_which_metrics_it_publishes() -> None:
    assert host_files()[PUBLISHER_SPEC] == publisher_spec()


def test_boot_has_a_script_for_each_step_and_no_script_is_left_over() -> None:
    (line,) = [line for line in host_files()["boot.sh"].splitlines() if line.startswith("STEPS=(")]
    steps = line.removeprefix("STEPS=(").removesuffix(")").split()
    assert sorted(steps) == sorted(path.stem for path in (FILES / "steps").glob("*.sh"))
