"""What the agent sees of its host: metadata, units, the server, the kernel log, the disks. Nothing here changes
anything, and what does not answer is None or empty."""

from __future__ import annotations

import http.client
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .ending import Notice
from .health import Unit
from .metrics import Load, load_of
from .settings import Settings

BOOT, VLLM, DOCKER, AGENT = "vllm-boot.service", "vllm.service", "docker.service", "vllm-agent.service"
METADATA_TIMEOUT_S = 2
METRICS_TIMEOUT_S = 10  # an overloaded server is slow to answer, too
COMMAND_TIMEOUT_S = 15
_TOKEN_TTL = {"X-aws-ec2-metadata-token-ttl-seconds": "21600"}


@dataclass(kw_only=True)
class Machine:
    settings: Settings
    environment: Mapping[str, str]
    _token: str = field(default="")

    def notice(self) -> Notice | None:
        """None while the metadata service does not answer at all."""
        try:
            return Notice(
                lifecycle=self._metadata("autoscaling/target-lifecycle-state"),
                spot=self._metadata("spot/instance-action"),
                rebalance=self._metadata("events/recommendations/rebalance"),
                keys=self._metadata("tags/instance/vllm:keys"),
            )
        except (OSError, http.client.HTTPException):
            return None

    def _metadata(self, path: str) -> str | None:
        for _ in range(2):
            if not self._token:
                status, self._token = _ask("PUT", f"{self.settings.imds}/latest/api/token", _TOKEN_TTL)
                if status != http.HTTPStatus.OK:
                    self._token = ""
                    raise OSError(f"the metadata service gives no token (HTTP {status})")
            headers = {"X-aws-ec2-metadata-token": self._token}
            status, text = _ask("GET", f"{self.settings.imds}/latest/meta-data/{path}", headers)
            if status != http.HTTPStatus.UNAUTHORIZED:
                return text.strip() if status == http.HTTPStatus.OK else None
            self._token = ""
        return None

    def units(self) -> dict[str, Unit]:
        """By name; empty when systemd does not answer."""
        names = (BOOT, VLLM, DOCKER)
        answer = self._output("systemctl", "show", *names, "--property", "Id,ActiveState,InvocationID")
        found = {}
        for block in answer.split("\n\n"):
            values = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
            if "Id" in values:
                unit = Unit(state=values.get("ActiveState", ""), invocation=values.get("InvocationID", ""))
                found[values["Id"]] = unit
        return found if set(names) <= set(found) else {}

    def load(self) -> Load | None:
        try:
            status, text = _ask(
                "GET", f"http://127.0.0.1:{self.settings.port}/metrics", {}, timeout_s=METRICS_TIMEOUT_S
            )
        except (OSError, http.client.HTTPException):
            return None
        return load_of(text) if status == http.HTTPStatus.OK else None

    def is_going_down(self) -> bool:
        return self._output("systemctl", "is-system-running").strip() == "stopping"

    def agent_restarts(self) -> bool:
        """Whether systemd stops the agent only to start it again, as package upgrades do at night."""
        jobs = (line.split() for line in self._output("systemctl", "list-jobs", "--no-legend", "--plain").splitlines())
        return any(job[1:3] == [AGENT, "restart"] for job in jobs)

    def new_kernel_lines(self) -> list[str]:
        """Those since the last call of this boot, also across a restart of the agent."""
        cursor = self.settings.run_dir / "agent-kernel-log"
        return self._output(
            "journalctl", "--dmesg", "--no-pager", "--output", "cat", "--cursor-file", str(cursor)
        ).splitlines()

    def used_percent(self) -> dict[str, int]:
        """By folder: the root disk and the cache."""
        return {path: _used_percent(path) for path in dict.fromkeys(("/", str(self.settings.cache_dir)))}

    def _output(self, *command: str) -> str:
        # The status says little: `is-system-running` fails for every state but one.
        try:
            done = subprocess.run(
                command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=COMMAND_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout


def _used_percent(path: str) -> int:
    try:
        usage = shutil.disk_usage(path)
    except OSError:
        return 0
    return 100 * usage.used // max(1, usage.used + usage.free)


def _ask(
    method: str, url: str, headers: Mapping[str, str], *, timeout_s: float = METADATA_TIMEOUT_S
) -> tuple[int, str]:
    """Status and text; OSError or HTTPException when there is no answer in time."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout_s)
    try:
        connection.request(method, parts.path, headers=dict(headers))
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
    finally:
        connection.close()
