"""A load balancer of its own before booted hosts: nginx, with the target group of the emulated AWS as its master.

As AWS's does it, it sends a request to the target with the fewest, once, and passes on what comes as it comes. What it
is told of its targets reaches its nodes a little later. It asks each target for its health itself.
"""

from __future__ import annotations

import http.client
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.host.boot import BootedHost
from rehearsal.host.errors import HostRehearsalError
from sizing.plan import Timers
from tests.e2e.stage import Stage

LAG_S = 2.0  # until the nodes know; hosts allow for 10 s
POLL_S = 0.25
HEALTH_TIMEOUT_S = 5.0
START_TIMEOUT_S = 30.0
# Not marked as failed after an error (max_fails), and nothing tried elsewhere: AWS does neither.
CONFIGURATION = """\
daemon off;
user root;
worker_processes 1;
pid nginx.pid;
error_log error.log warn;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  scgi_temp_path scgi;
  uwsgi_temp_path uwsgi;
{upstream}  server {{
    listen unix:{socket};
    location / {{
      {answer}
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_next_upstream off;
      proxy_connect_timeout 10s;
      proxy_read_timeout {idle_s}s;
      add_header X-Target $upstream_addr always;
    }}
  }}
}}
"""


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """``targets`` get new requests from ``since_s`` on (monotonic clock)."""

    since_s: float
    targets: frozenset[str]


@dataclass(kw_only=True)
class _Check:
    next_s: float = 0.0
    good: int = 0
    bad: int = 0
    healthy: bool = False


class Front:
    """A context manager. ``add`` each host of the group; the target group says which of them get requests."""

    def __init__(self, *, stage: Stage, timers: Timers) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="vllm-front-"))
        self.socket = self._folder / "front.sock"
        self.rotations = [Rotation(since_s=time.monotonic(), targets=frozenset())]
        self._stage = stage
        self._timers = timers
        self._balancing = stage.aws.client("elbv2")
        self._hosts: dict[str, BootedHost] = {}
        self._checks: dict[str, _Check] = {}
        self._over = Event()
        self._threads = [Thread(target=self._follow, daemon=True), Thread(target=self._check, daemon=True)]

    def __enter__(self) -> Self:
        self._configure(frozenset())
        self._nginx = subprocess.Popen(self._command(), stdin=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not (self._folder / "nginx.pid").exists() or not (self._folder / "nginx.pid").read_text().strip():
            if self._nginx.poll() is not None or time.monotonic() > deadline:
                self._nginx.kill()
                raise HostRehearsalError(f"nginx does not start: {(self._folder / 'error.log').read_text()[-300:]}")
            time.sleep(0.05)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._nginx.terminate()
        self._nginx.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def targets(self) -> frozenset[str]:
        """Who gets new requests now."""
        return self.rotations[-1].targets

    def add(self, host: BootedHost) -> None:
        self._hosts = {**self._hosts, host.spec.instance_id: host}

    def target_at(self, address: str) -> str:
        """The instance at an address that nginx names; empty when there is none."""
        port = address.rpartition(":")[2]
        return next((id_ for id_, host in self._hosts.items() if str(host.world.port) == port), "")

    def left_at(self, instance_id: str, *, after_s: float) -> float | None:
        """When it ceased to get new requests, at the earliest then; None as long as it gets them."""
        found = (each for each in self.rotations if each.since_s >= after_s and instance_id not in each.targets)
        return next((each.since_s for each in found), None)

    def _follow(self) -> None:
        """Each look at the target group has its effect ``LAG_S`` later."""
        seen: list[Rotation] = []
        while not self._over.wait(POLL_S):
            with suppress(BotoCoreError, ClientError):  # one look lost
                seen.append(Rotation(since_s=time.monotonic(), targets=self._wanted()))
            due = [each for each in seen if each.since_s <= time.monotonic() - LAG_S]
            seen = seen[len(due) :]
            if due and due[-1].targets != self.targets:
                self._configure(due[-1].targets)
                subprocess.run(self._command("-s", "reload"), check=True, capture_output=True)
                self.rotations.append(Rotation(since_s=time.monotonic(), targets=due[-1].targets))

    def _wanted(self) -> frozenset[str]:
        answer = self._balancing.describe_target_health(TargetGroupArn=self._stage.target_group_arn)
        states = {item["Target"]["Id"]: item["TargetHealth"]["State"] for item in answer["TargetHealthDescriptions"]}
        registered = {id_ for id_, state in states.items() if state in ("initial", "healthy")} & self._hosts.keys()
        self._checks = {id_: self._checks.get(id_) or _Check() for id_ in registered}
        return frozenset(id_ for id_, check in self._checks.items() if check.healthy and states[id_] == "healthy")

    def _check(self) -> None:
        """The first success of a target counts at once, as AWS has it ("passes one health check")."""
        while not self._over.wait(POLL_S):
            for id_, check in self._checks.items():
                if time.monotonic() < check.next_s:
                    continue
                check.next_s = time.monotonic() + self._timers.health_interval_s
                is_new = check.good + check.bad == 0
                if _is_healthy(self._hosts[id_].world.port):
                    check.good, check.bad = check.good + 1, 0
                    check.healthy = check.healthy or is_new or check.good >= self._timers.healthy_threshold
                else:
                    check.good, check.bad = 0, check.bad + 1
                    check.healthy = check.healthy and check.bad < self._timers.unhealthy_threshold

    def _configure(self, targets: frozenset[str]) -> None:
        servers = "".join(
            f"    server 127.0.0.1:{self._hosts[id_].world.port} max_fails=0;\n" for id_ in sorted(targets)
        )
        upstream = f"  upstream vllm {{\n    zone vllm 64k;\n    least_conn;\n{servers}    keepalive 16;\n  }}\n"
        text = CONFIGURATION.format(
            upstream=upstream if targets else "",
            answer="proxy_pass http://vllm;" if targets else "return 503;",
            socket=self.socket,
            idle_s=self._timers.idle_timeout_s,
        )
        (self._folder / "nginx.conf").write_text(text)

    def _command(self, *arguments: str) -> list[str]:
        return ["nginx", "-p", str(self._folder), "-e", "error.log", "-c", "nginx.conf", *arguments]


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=HEALTH_TIMEOUT_S)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def missing() -> str | None:
    """Why there can be no such front here; None when there can."""
    return None if shutil.which("nginx") else "there is no nginx; on Debian: apt-get install nginx-light"
