"""A launch template's user data, booted: real cloud-init, systemd and docker in a container, real vLLM on its CPU.

The container has no network at all. Instance metadata, AWS, Docker Hub and the model hub reach it through unix sockets
in one folder, and its port 8000 reaches this machine's loopback the same way.
"""

from __future__ import annotations

import http.client
import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any, Self

from rehearsal.host import container
from rehearsal.host.cloud import InstanceInCloud
from rehearsal.host.console import Console
from rehearsal.host.engine import ContainerEngine
from rehearsal.host.errors import HostRehearsalError
from rehearsal.host.image import Images
from rehearsal.host.spec import HostSpec
from rehearsal.host.trace import ScriptTrace, read_trace
from rehearsal.host.volumes import DevicePlug, VolumeStore
from rehearsal.host.world import World

DRAIN_TIMEOUT_S = 600.0
REBOOT_TIMEOUT_S = 300.0
POLL_S = 0.5
FAILED = re.compile(r"vllm: step \S+ failed")

Say = Callable[[str], None]


class BootedHost:
    """A context manager around one host; everything it made is gone afterwards, also after an interrupt.

    ``on_line`` gets each console line as it appears. Methods raise HostRehearsalError when the host is not up.
    """

    def __init__(
        self,
        *,
        engine: ContainerEngine,
        images: Images,
        volumes: VolumeStore,
        spec: HostSpec,
        on_line: Say = lambda _: None,
    ) -> None:
        self.spec = spec
        self.cloud = InstanceInCloud(instance_id=spec.instance_id, endpoint=spec.endpoint, region=spec.region)
        self._engine = engine
        self._images = images
        self._stack = ExitStack()
        self._closed = Event()
        self._container = container.name(spec.instance_id)
        self._console = Console(engine=engine, container=self._container, on_line=on_line)
        self._folder = Path(tempfile.mkdtemp(prefix="vllm-host-"))
        self._stack.callback(shutil.rmtree, self._folder, ignore_errors=True)
        self.world = World(folder=self._folder, spec=spec, images=images, cloud=self.cloud)
        self._plug = DevicePlug(engine=engine, container=self._container, store=volumes, attached=self.cloud.volumes)

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the host, whatever it does; who waits for it gives up. Again is harmless."""
        self._closed.set()
        self._stack.close()

    def _start(self) -> None:
        container.remove_left_behind(self._engine)
        self._stack.enter_context(self.world)
        # Devices are let go of when the container is gone: entered before it, so ended after it.
        self._stack.callback(self._plug.close)
        self._stack.callback(container.remove, self._engine, self._container)
        container.start(engine=self._engine, images=self._images, instance_id=self.spec.instance_id, world=self._folder)
        self._stack.callback(self._console.close)
        self._console.follow()
        self._plug.start()

    def reboot(self) -> None:
        """Restart the machine as a person would; its disks, and what is attached, stay."""
        self._engine.docker("exec", self._container, "systemctl", "reboot", check=False)
        self.wait_until(lambda: not self._is_up(), what="its end", timeout_s=REBOOT_TIMEOUT_S)
        self._engine.docker("start", self._container)
        self._plug.plug_again()
        self._console.follow()

    def _is_up(self) -> bool:
        state = self._engine.docker("inspect", "--format", "{{.State.Running}}", self._container)
        return state == "true"

    @property
    def base_url(self) -> str:
        """The host's API on this machine's loopback, ending in ``/v1``."""
        return f"http://127.0.0.1:{self.world.port}/v1"

    def console(self) -> tuple[str, ...]:
        return tuple(self._console.lines)

    def run(self, *command: str) -> str:
        """Run a command in the host; its stdout. HostRehearsalError when it fails."""
        return self._engine.docker("exec", self._container, *command)

    def process(self, *command: str) -> subprocess.Popen[str]:
        """Start a command in the host, with pipes to its standard input and output."""
        return subprocess.Popen(
            self._engine.command("exec", "--interactive", self._container, *command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def write(self, path: str, text: str) -> None:
        """A file in the host."""
        with self.process("sh", "-c", 'cat >"$1"', "sh", path) as process:
            process.communicate(text)

    def succeeds(self, *command: str) -> bool:
        """Whether a command in the host ends with status 0."""
        return "yes" in self.run("sh", "-c", 'if "$@"; then echo yes; fi', "sh", *command)

    def trace(self) -> ScriptTrace:
        """Which lines of the host scripts have run so far."""
        return read_trace(self.run("cat", "/var/log/rehearsal-trace"))

    def detached_while_mounted(self) -> tuple[str, ...]:
        return tuple(self._plug.still_mounted)

    def completion(
        self, key: str | None, *, model: str, max_tokens: int = 8, timeout_s: float = 60.0
    ) -> tuple[int, Mapping[str, Any]]:
        """Status and JSON body of a chat completion of exactly ``max_tokens``; OSError when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.world.port, timeout=timeout_s)
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        body = {
            "model": model,
            "messages": [{"role": "user", "content": "Hello"}],
            "max_tokens": max_tokens,
            "ignore_eos": True,
        }
        try:
            connection.request("POST", "/v1/chat/completions", body=json.dumps(body), headers=headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read() or b"{}")
        finally:
            connection.close()

    def wait_until(self, condition: Callable[[], bool], *, what: str, timeout_s: float) -> None:
        """Await a condition; HostRehearsalError with the console's last lines when it does not come about."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                tail = "\n".join(self._console.lines[-25:])
                raise HostRehearsalError(f"the host did not get to: {what} within {timeout_s:.0f} s\n{tail}")
            if self._closed.wait(POLL_S):
                raise HostRehearsalError(f"the host was ended before it got to: {what}")

    def wait_for_line(self, text: str, *, timeout_s: float) -> None:
        self.wait_until(
            lambda: any(text in line for line in self._console.lines),
            what=f"console line {text!r}",
            timeout_s=timeout_s,
        )

    def wait_until_served(self, *, timeout_s: float) -> None:
        """Await the end of the boot; HostRehearsalError at once when a step fails."""

        def ended() -> bool:
            failed = next((line for line in self._console.lines if FAILED.search(line)), None)
            if failed is not None:
                raise HostRehearsalError(f"the host gave up: {failed}")
            return any("vllm: serving after" in line for line in self._console.lines)

        self.wait_until(ended, what="a served completion", timeout_s=timeout_s)

    def terminate(self) -> None:
        """Have the group terminate the instance, and await that the host has let it: drained, slot released."""
        self.cloud.terminate()
        self.wait_until_released()

    def wait_until_released(self) -> None:
        """Await that the terminating hook is complete and the group has forgotten the instance."""
        self.wait_until(
            lambda: self.cloud.lifecycle_state() is None,
            what="the group letting go of the instance",
            timeout_s=DRAIN_TIMEOUT_S,
        )
