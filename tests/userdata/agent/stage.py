"""An agent on a folder that looks like a host. Metadata, /metrics and completions come from a loopback server, systemd
and Docker are fakes on PATH, and time passes in ticks of one second."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.userdata.host import Host, make_host
from userdata.files.agent.__main__ import make_loop
from userdata.files.agent.loop import Loop

START = datetime(2026, 11, 24, 15, 0, 0, tzinfo=UTC)
SCRIPTS = ("drain.sh", "tell.sh", "measure.sh", "replace.sh", "rejoin.sh", "leave.sh", "new-keys.sh", "cut.sh")
ONE_TOKEN = b'{"usage": {"completion_tokens": 1}}'
METADATA = "/latest/meta-data/"
LIFECYCLE = f"{METADATA}autoscaling/target-lifecycle-state"
SPOT = f"{METADATA}spot/instance-action"
REBALANCE = f"{METADATA}events/recommendations/rebalance"


@dataclass(kw_only=True)
class World:
    """What answers the agent; ``texts`` by path. ``token`` None: the metadata service refuses to give one."""

    texts: dict[str, str] = field(default_factory=lambda: {LIFECYCLE: "InService"})
    token: str | None = "first"
    completes: bool = True
    asked: list[str] = field(default_factory=list)

    def load(self, *, requests: int, tokens: int) -> None:
        self.texts["/metrics"] = (
            f'vllm:num_requests_running{{engine="0"}} {requests}.0\n'
            f'vllm:generation_tokens_total{{engine="0"}} {tokens}.0\n'
        )

    def silence(self) -> None:
        """The server answers nothing any more."""
        self.texts.pop("/metrics")
        self.completes = False


@contextmanager
def serving(world: World) -> Iterator[int]:
    """``world`` on loopback; yields its port."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self, status: int, body: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_PUT(self) -> None:
            world.asked.append(self.path)
            self.answer(403) if world.token is None else self.answer(200, world.token.encode())

        def do_GET(self) -> None:
            is_metadata = self.path.startswith(METADATA)
            if is_metadata and self.headers["X-aws-ec2-metadata-token"] != world.token:
                self.answer(401)
                return
            text = world.texts.get(self.path)
            self.answer(404) if text is None else self.answer(200, text.encode())

        def do_POST(self) -> None:
            world.asked.append(self.path)
            self.answer(200, ONE_TOKEN) if world.completes else self.answer(500)

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(kw_only=True)
class Stage:
    host: Host
    world: World
    environment: dict[str, str]
    loop: Loop
    now_s: float = 1000

    def pass_s(self, seconds: int, *, waiting: bool = True) -> None:
        """``waiting``: each script ends within the second in which it was started."""
        for _ in range(seconds):
            self.loop.tick(self.now_s)
            if waiting:
                self.loop.hand.jobs.wait(timeout_s=30)
            self.now_s += 1

    def restart_agent(self) -> None:
        self.loop = make_loop(self.environment)
        self.loop.wall = self.wall

    def wall(self) -> datetime:
        return START + timedelta(seconds=self.now_s - 1000)

    def units(self, *, vllm: str = "active", docker: str = "active", boot: str = "active", start: str = "a") -> None:
        blocks = (("vllm-boot", boot), ("vllm", vllm), ("docker", docker))
        text = "\n".join(f"Id={name}.service\nActiveState={state}\nInvocationID={start}\n" for name, state in blocks)
        self.host.path("units").write_text(text)

    def script(self, name: str, body: str) -> None:
        """Puts ``body`` in place of a script of the host; calls are recorded as those of fakes."""
        self.host.fake(name, body)
        self.host.path(f"bin/{name}").replace(self.host.path(f"opt/{name}"))

    def calls(self, *names: str) -> list[str]:
        """Of these programs, in order."""
        return [call.strip() for call in self.host.calls() if call.split()[0] in names]

    def acts(self) -> list[str]:
        """What changed something."""
        changes = ("systemctl stop", "systemctl start", "docker")
        calls = (call.strip() for call in self.host.calls())
        return [call for call in calls if call.startswith(changes) or call.split()[0] in SCRIPTS]


@contextmanager
def staged(root: Path) -> Iterator[Stage]:
    """A host in service whose server is up and idle, as it was after its boot; rejoin.sh has nothing to do."""
    host = make_host(root)
    world = World()
    world.load(requests=0, tokens=10)
    with serving(world) as port:
        address = {"IMDS": f"http://127.0.0.1:{port}", "VLLM_PORT": str(port)}
        plan = {"SERVED_NAME": "m", "STALL_S": "60", "VLLM_ENGINE_READY_TIMEOUT_S": "300"}
        environment = host.environment | address | plan
        stage = Stage(host=host, world=world, environment=environment, loop=make_loop(environment))
        stage.loop.wall = stage.wall
        stage.units()
        (host.path("run") / "secrets").mkdir()
        (host.path("run") / "secrets/config.yaml").write_text('api-key:\n- "sk-test"\n')
        for name in SCRIPTS:
            stage.script(name, ":")
        host.fake("docker", ":")
        host.fake("journalctl", f'cat "{host.path("kernel")}" 2>/dev/null; rm -f "{host.path("kernel")}"')
        host.fake(
            "systemctl",
            f"""case "$1" in
  show) cat "{host.path("units")}" ;;
  list-jobs) cat "{host.path("jobs")}" 2>/dev/null ;;
  is-system-running) cat "{host.path("system")}" 2>/dev/null ;;
esac""",
        )
        yield stage
