"""Host text: cloud-config (user data) and the archive of the static scripts that it fetches.

Everything is plain text and depends on nothing but its inputs: user data that differed between two laptops
would roll a fleet.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from config.errors import ConfigError, Problem
from monitoring.published import publisher_spec
from sizing.plan import Plan
from userdata.env import arguments_text, container_env_text, environment_text, host_environment
from userdata.host_types import types_text
from userdata.options import HostOptions
from userdata.remote_write import CONFIG_FILE, remote_write_config

USER_DATA_LIMIT_BYTES = 16384  # EC2: before base64
FILES = Path(__file__).parent / "files"
STUBS = ("abandon.sh", "fetch.sh")
TYPES_FILE = "/etc/vllm/types.json"
EVERY_BOOT = "/var/lib/cloud/scripts/per-boot/vllm"
"""cloud-init runs what is in this folder at every boot, `runcmd` only once: a reboot in mid-boot must go on."""
PACKAGES = ("agent", "aws_call", "log_sender", "publisher")
PATTERNS = ("*.sh", "*.py", "*.service", "steps/*.sh", *(f"{package}/*.py" for package in PACKAGES))
PUBLISHER_SPEC = "publisher/metrics.json"
"""Which metrics a host publishes: generated, unlike the other files."""

_ARCHIVE_HEAD = """\
#!/usr/bin/env bash
# The host scripts as one readable file: `bash FILE DIRECTORY` unpacks them.
set -euo pipefail
unpack() { install -D -m "$1" /dev/stdin "$target/$2"; }
target=${1:?usage: bash FILE DIRECTORY}
"""


def host_files() -> dict[str, str]:
    """The files on the host by path below /opt/vllm, sorted; the stubs are in user data, not here."""
    paths = sorted(path for pattern in PATTERNS for path in FILES.glob(pattern))
    texts = {path.relative_to(FILES).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    texts[PUBLISHER_SPEC] = publisher_spec()
    return {name: texts[name] for name in sorted(texts) if name not in STUBS}


def scripts_archive() -> bytes:
    """The scripts as a shell script that writes them: text, so that a preview shows a changed line."""
    return (_ARCHIVE_HEAD + "".join(_member(name, text) for name, text in host_files().items())).encode()


def _member(name: str, text: str) -> str:
    end = f"END-OF-{name}"
    if f"\n{end}\n" in f"\n{text}" or not text.endswith("\n"):
        raise ValueError(f"{name} cannot be archived: it must end with a line break and not hold the line {end}")
    mode = "0644" if name.endswith((".service", ".json")) else "0755"
    return f"\nunpack {mode} {name} <<'{end}'\n{text}{end}\n"


def scripts_key() -> str:
    """The archive's S3 key: a changed script is a new object, and so a new launch template version."""
    return f"scripts/{hashlib.sha256(scripts_archive()).hexdigest()}"


def cloud_config(options: HostOptions) -> str:
    """User data: environment, vLLM arguments, the stub that fetches the rest and the one that gives a launch up.

    Raises ConfigError when a value cannot be passed on or the whole exceeds EC2's limit; ValueError when a
    value is missing.
    """
    environment = host_environment(options=options, scripts_key=scripts_key())
    text = "".join(
        (
            "#cloud-config\n",
            f"# vLLM host of stack {options.stack}. Names and ARNs only; secrets are fetched at boot.\n",
            "write_files:\n",
            _write_file(path="/etc/vllm/vllm.env", mode="0644", content=environment_text(environment)),
            _write_file(path="/etc/vllm/args", mode="0644", content=arguments_text(options.plan.vllm_args)),
            _write_file(path="/etc/vllm/container.env", mode="0644", content=container_env_text(options)),
            *_types_file(options.plan),
            *_remote_write_file(options),
            *(
                _write_file(path=f"/opt/vllm/{stub}", mode="0755", content=(FILES / stub).read_text(encoding="utf-8"))
                for stub in STUBS
            ),
            _write_file(path=EVERY_BOOT, mode="0755", content="#!/bin/sh\nexec /opt/vllm/fetch.sh\n"),
        )
    )
    _check_size(text)
    return text


def _types_file(plan: Plan) -> list[str]:
    if len(plan.host_types) < 2:
        return []
    return [_write_file(path=TYPES_FILE, mode="0644", content=types_text(plan))]


def _remote_write_file(options: HostOptions) -> list[str]:
    if options.remote_write is None:
        return []
    content = remote_write_config(stack=options.stack, region=options.region, url=options.remote_write.url)
    return [_write_file(path=CONFIG_FILE, mode="0644", content=content)]


def _write_file(*, path: str, mode: str, content: str) -> str:
    # The indicator "2" and "+" keep leading spaces and trailing empty lines, whatever an argument looks like.
    body = "".join(f"    {line}\n" if line else "\n" for line in content.removesuffix("\n").split("\n"))
    return f"- path: {path}\n  permissions: '{mode}'\n  content: |2+\n{body}"


def _check_size(text: str) -> None:
    size = len(text.encode())
    if size <= USER_DATA_LIMIT_BYTES:
        return
    raise ConfigError(
        [
            Problem(
                path="vllm:serving.extraArgs",
                given=f"user data of {size} bytes",
                allowed=f"at most {USER_DATA_LIMIT_BYTES} bytes, set by EC2",
                example="extraArgs: {enable-prefix-caching: true}",
                message="The arguments make the user data too large; put long values into a file in the image.",
            )
        ]
    )
