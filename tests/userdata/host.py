"""A folder that looks like a host to the scripts: their paths point into it, and every program of the outside world
is a fake on PATH. Runs the real scripts with the real bash, in milliseconds and without root.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.userdata.builders import make_options
from userdata.env import container_env_text, environment_text, host_environment
from userdata.render import FILES, STUBS, scripts_archive

START_S = 1000
INSTANCE = "i-0123456789abcdef0"

# Time passes only while a script sleeps, so that deadlines are reached at once.
SLEEP = 'read -r now _ <"$UPTIME_FILE"; echo "$((${now%.*} + ${1%.*})).00 0" >"$UPTIME_FILE"'
# boot.sh sleeps in the background, where this would race through the deadline.
REAL_SHORT_SLEEP = "exec /bin/sleep 0.02"


@dataclass(frozen=True, kw_only=True)
class Result:
    status: int
    output: str  # both streams: what the console shows


@dataclass(frozen=True, kw_only=True)
class Host:
    root: Path

    def path(self, name: str) -> Path:
        return self.root / name

    def fake(self, program: str, body: str) -> None:
        """Puts ``program`` on the host: a bash ``body`` that sees its arguments. Every call is recorded."""
        file = self.path("bin") / program
        record = f'printf "%s\\n" "{program} $*" >>"{self.path("calls")}"'
        file.write_text(f"#!/bin/bash\n{record}\n{body}\n", encoding="utf-8")
        file.chmod(0o755)

    def calls(self, program: str = "") -> list[str]:
        """The command lines so far, of one program or of all fakes, in order."""
        file = self.path("calls")
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return [line for line in lines if line.startswith(program)]

    def step(self, name: str, *, left_s: int = 600) -> Result:
        """Runs one step as boot.sh would, with ``left_s`` seconds until the deadline."""
        variables = {
            "STEP": name,
            "STEP_STARTED_AT_S": str(START_S),
            "DEADLINE_AT_S": str(START_S + left_s),
            "INSTANCE_ID": INSTANCE,
            "ZONE": "us-east-1a",
        }
        return self.run(f"steps/{name}.sh", variables=variables)

    @property
    def environment(self) -> dict[str, str]:
        """Points every path of the scripts into the folder, and PATH at the fakes."""
        return {
            "PATH": f"{self.path('bin')}:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "SCRIPTS_DIR": str(self.path("opt")),
            "VLLM_ENV": str(self.path("vllm.env")),
            "VLLM_ARGS": str(self.path("args")),
            "VLLM_TYPES": str(self.path("types.json")),
            "CONTAINER_ENV": str(self.path("container.env")),
            "RUN_DIR": str(self.path("run")),
            "CACHE_DIR": str(self.path("cache")),
            "DOCKER_DIR": str(self.path("docker")),
            "CONTAINERD_DIR": str(self.path("containerd")),
            "DISK_DIR": str(self.path("disks")),
            "UPTIME_FILE": str(self.path("uptime")),
            "DEV_DIR": str(self.path("dev")),
        }

    def run(self, script: str, *arguments: str, variables: Mapping[str, str] | None = None) -> Result:
        done = subprocess.run(
            ["bash", str(self.path("opt") / script), *arguments],
            env=self.environment | dict(variables or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,  # a busy machine; the scripts themselves never wait
            check=False,
        )
        return Result(status=done.returncode, output=done.stdout)

    def reason(self) -> str:
        return (self.path("run") / "reason").read_text(encoding="utf-8").strip()

    def events(self) -> list[dict[str, Any]]:
        """The boot events as the log group would get them."""
        lines = (self.path("run") / "events").read_text(encoding="utf-8").splitlines()
        return [json.loads(json.loads(line)["message"]) for line in lines]


def make_host(root: Path, **environment: str) -> Host:
    """A host with the unpacked scripts and the environment of a dev stack, changed by ``environment``."""
    for name in ("bin", "run", "cache", "dev", "disks", "docker", "containerd"):
        (root / name).mkdir(parents=True)
    subprocess.run(["bash", "/dev/stdin", str(root / "opt")], input=scripts_archive(), check=True, env=os.environ)
    for stub in STUBS:
        shutil.copy(FILES / stub, root / "opt")
    options = make_options(container_user=f"{os.geteuid()}:{os.getegid()}")
    variables = host_environment(options=options, scripts_key="scripts/0") | environment
    (root / "vllm.env").write_text(environment_text(variables), encoding="utf-8")
    (root / "container.env").write_text(container_env_text(make_options()), encoding="utf-8")
    (root / "args").write_text("org/model\n--max-model-len\n8192\n", encoding="utf-8")
    (root / "uptime").write_text(f"{START_S}.00 0\n", encoding="utf-8")
    host = Host(root=root)
    host.fake("sleep", SLEEP)
    return host
