"""Debian roots from nothing: debootstrap, then apt in a chroot. No image registry is needed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rehearsal.host.errors import HostRehearsalError
from rehearsal.host.paths import cache_folder

SUITE = "bookworm"
HOST_PACKAGES = (
    "ca-certificates",
    "cloud-init",
    "curl",
    "dbus",
    "docker.io",
    "e2fsprogs",
    "iproute2",
    "iptables",
    "jq",
    "procps",
    "python3",
    "python3-yaml",
    "socat",
    "systemd",
    "systemd-sysv",
    "util-linux",
)
# What vLLM and the Python below it link against; a Python from uv needs nothing more, one from pyenv the rest.
VLLM_PACKAGES = (
    "ca-certificates",
    "libbz2-1.0",
    "libexpat1",
    "libffi8",
    "libgomp1",
    "liblzma5",
    "libncursesw6",
    "libnuma1",
    "libreadline8",
    "libsqlite3-0",
    "libssl3",
    "libstdc++6",
    "libuuid1",
    "zlib1g",
)
AWS_CLI = "awscli==1.46.3"  # the newest for the botocore that boto3 1.44 brings; it honours AWS_ENDPOINT_URL


@contextmanager
def debian_root(*, packages: Sequence[str]) -> Iterator[Path]:
    """A folder with a minimal Debian and ``packages``, removed afterwards. Needs root and a Debian mirror."""
    folder = Path(tempfile.mkdtemp(prefix="root-", dir=cache_folder()))
    try:
        folder.chmod(0o755)
        run("debootstrap", "--variant=minbase", SUITE, str(folder))
        deny = folder / "usr/sbin/policy-rc.d"
        deny.write_text("#!/bin/sh\nexit 101\n")  # no service may start in the chroot
        deny.chmod(0o755)
        shutil.copyfile("/etc/resolv.conf", folder / "etc/resolv.conf")
        run("chroot", str(folder), "apt-get", "install", "-y", "-q", "--no-install-recommends", *packages)
        deny.unlink()
        (folder / "etc/resolv.conf").unlink()
        _slim(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def install_aws_cli(root: Path) -> None:
    """AWS CLI 1 into ``/opt/awscli``, compiled, because a boot calls it dozens of times on a slow processor."""
    target = root / "opt/awscli"
    run(
        sys.executable,
        *("-m", "pip", "install", "--quiet", "--no-compile", "--target", str(target)),
        *("--python-version", "3.11", "--only-binary", ":all:", AWS_CLI),
    )
    run("chroot", str(root), "python3", "-m", "compileall", "-q", "-j", "0", "/opt/awscli")


def run(*command: str) -> None:
    """Run a build step in mount space of its own, so that nothing it mounts outlives it."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    done = subprocess.run(
        ["unshare", "--mount", *command], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        tail = " | ".join((done.stdout + done.stderr).strip().splitlines()[-4:])
        raise HostRehearsalError(f"{command[0]} failed while making a Debian root: {tail}")


def missing() -> str | None:
    """Why no Debian root can be made here; None when it can."""
    if os.geteuid() != 0:
        return "making the rehearsed host's image needs root"
    for tool in ("debootstrap", "chroot", "unshare"):
        if shutil.which(tool) is None:
            return f"there is no {tool}; on Debian: apt-get install debootstrap util-linux"
    return None


def _slim(root: Path) -> None:
    for folder in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale"):
        shutil.rmtree(root / folder, ignore_errors=True)
        (root / folder).mkdir(parents=True)
