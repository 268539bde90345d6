"""Looks at the container engine: one that answers as ``EngineView``, else why none does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import requests
from docker.errors import DockerException, NotFound

from machine.address import Address, is_reachable, no_engine
from machine.disk import BYTES_PER_GIB, disk_of, model_gib
from machine.facts import Cache, Container, Engine, NoEngine

TIMEOUT_S = 30
SIZES_TIMEOUT_S = 120  # the engine adds up every file of every volume
ERRORS = (DockerException, requests.exceptions.RequestException)
NVIDIA_RUNTIME = "nvidia"
# The engine offers --gpus when it finds this program at its start, also without the runtime in its configuration:
# https://github.com/moby/moby/blob/v28.0.0/daemon/nvidia_linux.go
NVIDIA_HOOK = "nvidia-container-runtime-hook"
CDI_PREFIX = "nvidia.com/gpu"
CONTAINERD_STORE = "io.containerd.snapshotter.v1"
CONTAINERD_ROOT = Path("/var/lib/containerd")


@dataclass(frozen=True, kw_only=True)
class EngineView:
    """An engine while it is looked at. ``info``: its own answer to GET /info."""

    client: docker.DockerClient
    address: Address
    info: Mapping[str, Any]
    environment: Mapping[str, str]

    def engine(self) -> Engine:
        root = Path(self.info.get("DockerRootDir") or "/var/lib/docker")
        seen = self.address.is_local and self.info.get("OperatingSystem") != "Docker Desktop"
        return Engine(
            host=self.address.host,
            version=str(self.info.get("ServerVersion", "")),
            is_local=self.address.is_local,
            root_dir=str(root),
            images=disk_of(self._image_folder(root)) if seen else None,
            volumes=disk_of(root) if seen else None,
            nvidia=self._has_nvidia(),
            rootless="name=rootless" in (self.info.get("SecurityOptions") or ()),
        )

    def has_image(self, reference: str) -> bool:
        try:
            self.client.images.get(reference)
        except NotFound:
            return False
        return True

    def containers(self) -> tuple[Container, ...]:
        """All of them, by one request: those that run say which ports they have published."""
        return tuple(
            Container(
                name=(entry.get("Names") or ["/"])[0].removeprefix("/"),
                labels=entry.get("Labels") or {},
                running=entry.get("State") == "running",
                ports=tuple(sorted({port["PublicPort"] for port in entry.get("Ports") or () if _is_tcp(port)})),
            )
            for entry in self.client.api.containers(all=True)
        )

    def volume_cache(self, name: str, *, model: str) -> Cache:
        """The model files in a volume: those of the model where they can be read, else the size of the volume."""
        disk = self.engine().volumes
        try:
            mountpoint = self.client.volumes.get(name).attrs.get("Mountpoint", "")
        except NotFound:
            return Cache(there=False, model_gib=0.0, disk=disk)
        held = model_gib(Path(mountpoint), model=model) if mountpoint and self.address.is_local else None
        return Cache(there=True, model_gib=held if held is not None else self._volume_gib(name), disk=disk)

    def _volume_gib(self, name: str) -> float | None:
        """None where the engine cannot say: an older one, or one that takes too long."""
        api = self.client.api
        url = f"{api.base_url}/v{api.api_version}/system/df"
        try:
            answer = api.get(url, params={"type": "volume"}, timeout=SIZES_TIMEOUT_S)
            answer.raise_for_status()
            volumes = answer.json().get("Volumes") or ()
        except (*ERRORS, ValueError):
            return None
        sizes = [(each.get("UsageData") or {}).get("Size", -1) for each in volumes if each.get("Name") == name]
        return sizes[0] / BYTES_PER_GIB if sizes and sizes[0] >= 0 else None

    def _image_folder(self, root: Path) -> Path:
        """Engines of version 29 and above keep images in containerd's own store, beside their root."""
        status = [list(pair) for pair in self.info.get("DriverStatus") or ()]
        is_separate = ["driver-type", CONTAINERD_STORE] in status and CONTAINERD_ROOT.is_dir()
        return CONTAINERD_ROOT if is_separate else root

    def _has_nvidia(self) -> bool:
        devices = [str(device.get("ID", "")) for device in self.info.get("DiscoveredDevices") or ()]
        return (
            NVIDIA_RUNTIME in (self.info.get("Runtimes") or {})
            or any(device.startswith(CDI_PREFIX) for device in devices)
            or (self.address.is_local and shutil.which(NVIDIA_HOOK, path=self.environment.get("PATH")) is not None)
        )


@contextmanager
def opened(where: Address, *, environment: Mapping[str, str]) -> Iterator[EngineView | NoEngine]:
    """The engine at ``where``, closed in the end; NoEngine when it does not answer."""
    if not is_reachable(where.host):  # docker-py would leave the socket open and say less
        yield no_engine(where, said="", environment=environment)
        return
    try:
        client = docker.DockerClient(base_url=where.host, tls=where.tls or False, version="auto", timeout=TIMEOUT_S)
    except (*ERRORS, ValueError, OSError) as error:
        yield no_engine(where, said=str(error), environment=environment)
        return
    with closing(client):
        try:
            info = client.info()
        except ERRORS as error:
            view: EngineView | NoEngine = no_engine(where, said=str(error), environment=environment)
        else:
            view = EngineView(client=client, address=where, info=info, environment=environment)
        yield view


def _is_tcp(port: Mapping[str, Any]) -> bool:
    return port.get("Type") == "tcp" and "PublicPort" in port
