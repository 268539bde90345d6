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
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from rehearsal.host import container
from rehearsal.host.cloud import InstanceInCloud
from rehearsal.host.engine import ContainerEngine
from rehearsal.host.errors import HostRehearsalError
from rehearsal.host.hub import Hub, tiny_model_files
from rehearsal.host.image import Images
from rehearsal.host.imds import Identity, MetadataService
from rehearsal.host.registry import Registry
from rehearsal.host.relay import Port, relay
from rehearsal.host.trace import ScriptTrace, read_trace
from rehearsal.host.volumes import DevicePlug, VolumeStore
from rehearsal.host.web import serve

DRAIN_TIMEOUT_S = 300.0
_FAILED = re.compile(r"vllm: step \S+ failed")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class HostSpec:
    """What the group launched. ``image`` is the reference that the host pulls; ``hf_token`` the one that the hub
    accepts (None: the model is not gated); ``gpus`` what nvidia-smi lists."""

    user_data: str
    instance_id: str
    zone: str
    region: str
    endpoint: str  # of the emulated AWS, on loopback
    instance_type: str = "g6.2xlarge"
    gpus: int = 1
    image: str = "vllm/vllm-openai:v0.32.0"
    hf_token: str | None = None


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
        self._volumes = volumes
        self._on_line = on_line
        self._console: list[str] = []
        self._stack = ExitStack()
        self._container = ""
        self._port = 0
        self._plug: DevicePlug | None = None

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
        """End the host, whatever it does; again is harmless."""
        self._stack.close()

    def _start(self) -> None:
        container.remove_left_behind(self._engine)
        world = Path(tempfile.mkdtemp(prefix="vllm-host-"))
        self._stack.callback(shutil.rmtree, world, ignore_errors=True)
        self._serve_world(world)
        _write_settings(world=world, spec=self.spec, images=self._images)
        # Devices are let go of when the container is gone: entered before it, so ended after it.
        plug = DevicePlug(
            engine=self._engine,
            container=container.name(self.spec.instance_id),
            store=self._volumes,
            attached=self.cloud.volumes,
        )
        self._plug = plug
        self._stack.callback(plug.close)
        self._container = container.name(self.spec.instance_id)
        self._stack.callback(container.remove, self._engine, self._container)
        container.start(engine=self._engine, images=self._images, instance_id=self.spec.instance_id, world=world)
        self._follow_console()
        plug.start()

    def _serve_world(self, world: Path) -> None:
        repository, _, tag = self.spec.image.partition(":")
        registry = Registry(image=self._images.vllm, repository=repository, tag=tag)
        hub = Hub(files=tiny_model_files(self._images.cpu.model), token=self.spec.hf_token)
        metadata = MetadataService(
            identity=Identity(
                instance_id=self.spec.instance_id,
                instance_type=self.spec.instance_type,
                zone=self.spec.zone,
                region=self.spec.region,
                user_data=self.spec.user_data,
                interfaces=self.cloud.interfaces(),
            ),
            target_lifecycle_state=self.cloud.target_lifecycle_state,
        )
        enter = self._stack.enter_context
        enter(serve(respond=metadata.respond, socket=world / "imds.sock"))
        enter(serve(respond=registry.respond, socket=world / "registry.sock"))
        enter(serve(respond=hub.respond, socket=world / "hub.sock"))
        enter(relay(listen=world / "aws.sock", connect=Port(number=urlsplit(self.spec.endpoint).port or 80)))
        self._port = enter(relay(listen=Port(), connect=world / "service.sock"))

    def _follow_console(self) -> None:
        logs = subprocess.Popen(
            self._engine.command("logs", "--follow", self._container),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        reader = Thread(target=self._read_console, args=(logs,), name="console", daemon=True)
        reader.start()

        def end() -> None:
            logs.terminate()
            logs.wait()
            reader.join()
            if logs.stdout is not None:
                logs.stdout.close()

        self._stack.callback(end)

    def _read_console(self, logs: subprocess.Popen[str]) -> None:
        for raw in logs.stdout or ():
            line = _ANSI.sub("", raw).strip()
            if not line:
                continue
            self._console.append(line)
            self._on_line(line)

    @property
    def base_url(self) -> str:
        """The host's API on this machine's loopback, ending in ``/v1``."""
        return f"http://127.0.0.1:{self._port}/v1"

    def console(self) -> tuple[str, ...]:
        return tuple(self._console)

    def run(self, *command: str) -> str:
        """Run a command in the host; its stdout. HostRehearsalError when it fails."""
        return self._engine.docker("exec", self._container, *command)

    def trace(self) -> ScriptTrace:
        """Which lines of the host scripts have run so far."""
        return read_trace(self.run("cat", "/var/log/rehearsal-trace"))

    def detached_while_mounted(self) -> tuple[str, ...]:
        return tuple(self._plug.still_mounted) if self._plug else ()

    def completion(
        self, key: str | None, *, model: str, max_tokens: int = 8, timeout_s: float = 60.0
    ) -> tuple[int, Mapping[str, Any]]:
        """Status and JSON body of a chat completion of exactly ``max_tokens``; OSError when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=timeout_s)
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
                tail = "\n".join(self._console[-25:])
                raise HostRehearsalError(f"the host did not get to: {what} within {timeout_s:.0f} s\n{tail}")
            time.sleep(0.5)

    def wait_for_line(self, text: str, *, timeout_s: float) -> None:
        self.wait_until(
            lambda: any(text in line for line in self._console), what=f"console line {text!r}", timeout_s=timeout_s
        )

    def wait_until_served(self, *, timeout_s: float) -> None:
        """Await the end of the boot; HostRehearsalError at once when a step fails."""

        def ended() -> bool:
            failed = next((line for line in self._console if _FAILED.search(line)), None)
            if failed is not None:
                raise HostRehearsalError(f"the host gave up: {failed}")
            return any("vllm: serving after" in line for line in self._console)

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


def _write_settings(*, world: Path, spec: HostSpec, images: Images) -> None:
    seed = world / "seed"
    seed.mkdir()
    (seed / "user-data").write_text(spec.user_data)
    (seed / "meta-data").write_text(f"instance-id: {spec.instance_id}\n")
    settings = world / "settings"
    settings.mkdir()
    (settings / "gpus").write_text(f"{spec.gpus}\n")
    (settings / "inject").write_text(f"{images.cpu.folder}\n{images.cpu.python}\n")
