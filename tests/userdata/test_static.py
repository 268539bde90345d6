"""What tools for scripts, units and cloud-init say about ours."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.support import need
from tests.userdata.builders import make_options
from userdata.render import FILES, cloud_config, host_files

SCRIPTS = sorted(FILES.rglob("*.sh"))
PACKAGES = {
    "/usr/bin/python3 -m agent": "agent/__main__.py",
    "/usr/bin/python3 -m vllm.log_sender": "log_sender/__main__.py",
    "/usr/bin/python3 -m vllm.publisher": "publisher/__main__.py",
}
SOURCED = {
    *("lib.sh", "aws.sh", "step.sh", "slots.sh", "filesystem.sh", "scratch.sh", "traffic.sh", "registry.sh"),
    *("container.sh", "secret-files.sh"),
}


def run(*command: str) -> str:
    """Both streams of ``command``, which must succeed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shellcheck(script: Path) -> None:
    need(shutil.which("shellcheck") is not None, "shellcheck is not installed (apt-get install shellcheck)")
    assert run("shellcheck", str(script)) == ""


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_stop_at_the_first_failure(script: Path) -> None:
    lines = script.read_text().splitlines()
    if script.name in SOURCED:
        assert lines[0] == "# shellcheck shell=bash"
        return
    assert lines[0] == "#!/usr/bin/env bash"
    assert any(line in ("set -euo pipefail", "set -Eeuo pipefail") for line in lines)
    assert script.stat().st_mode & 0o111


def test_cloud_init_accepts_the_user_data(tmp_path: Path) -> None:
    need(shutil.which("cloud-init") is not None, "cloud-init is not installed (apt-get install cloud-init)")
    file = tmp_path / "user-data"
    file.write_text(cloud_config(make_options()))
    assert "Valid" in run("cloud-init", "schema", "--config-file", str(file))


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    need(shutil.which("systemd-analyze") is not None, "systemd-analyze is not installed (systemd)")
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    units = {name: text for name, text in host_files().items() if name.endswith(".service")}
    assert set(units) >= {"vllm.service", "vllm-boot.service", "vllm-agent.service", "vllm-remote-write.service"}
    for name, text in units.items():
        lines = [line for line in text.splitlines() if not line.startswith("Requires=")]
        unit = "\n".join(f"{line.split('=')[0]}={program}" if line.startswith("Exec") else line for line in lines)
        (tmp_path / name).write_text(unit)
    run("systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in units))


def test_the_programs_of_the_units_are_on_the_host() -> None:
    files = host_files()
    for name, text in files.items():
        if not name.endswith(".service"):
            continue
        programs = [line.split("=")[1] for line in text.splitlines() if line.startswith("Exec")]
        assert programs
        assert all(PACKAGES.get(program, program.removeprefix("/opt/vllm/")) in files for program in programs)
