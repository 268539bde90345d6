"""What the containers that watch have in common: pinned images, a volume for what they keep, a port of this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_docker as docker

from components.local.container import common, duration
from components.local.image import pulled_image
from machine.look import LISTEN_ADDRESS
from machine.names import Names

STOP_S = 30  # to write down what is in memory
WAIT_S = 120
CHECK_EVERY_S = 10
CHECK_TIMEOUT_S = 10
RETRIES = 3


@dataclass(frozen=True, kw_only=True)
class Watcher:
    """One container. ``kept``: the folder whose content outlives it; ``check``: a command in it that fails while it is
    not ready; ``files``: by path. ``port`` is of this machine, ``internal`` of the container."""

    name: str
    image: str
    alias: str
    kept: str
    check: Sequence[str]
    files: Mapping[str, pulumi.Input[str]]
    port: int
    internal: int
    command: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """For this machine."""
        return f"http://localhost:{self.port}"


@dataclass(frozen=True, kw_only=True)
class Place:
    """``network``: the name of the one that vLLM is on. ``after``: what is there before it starts."""

    names: Names
    network: pulumi.Input[str]
    after: Sequence[pulumi.Resource]


def run(name: str, watcher: Watcher, place: Place, *, parent: pulumi.Resource) -> docker.Container:
    """Made when it serves. A change of its files replaces the container, not the volume."""
    labels = [docker.VolumeLabelArgs(label=label, value=value) for label, value in place.names.labels.items()]
    volume = docker.Volume(name, name=watcher.name, labels=labels, opts=pulumi.ResourceOptions(parent=parent))
    return docker.Container(
        name,
        name=watcher.name,
        image=pulled_image(name, reference=watcher.image, parent=parent),
        **_process(watcher),
        healthcheck=_healthcheck(watcher.check),
        wait=True,
        wait_timeout=WAIT_S,
        stop_timeout=STOP_S,
        destroy_grace_seconds=STOP_S,
        uploads=[docker.ContainerUploadArgs(file=file, content=text) for file, text in watcher.files.items()],
        volumes=[docker.ContainerVolumeArgs(container_path=watcher.kept, volume_name=volume.name)],
        networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=place.network, aliases=[watcher.alias])],
        ports=[
            docker.ContainerPortArgs(
                internal=watcher.internal, external=watcher.port, ip=LISTEN_ADDRESS, protocol="tcp"
            )
        ],
        **common(place.names),
        opts=pulumi.ResourceOptions(
            parent=parent,
            depends_on=list(place.after),
            delete_before_replace=True,  # one name, one port, one writer of the volume
        ),
    )


def _process(watcher: Watcher) -> dict[str, Any]:
    """Without a command or variables of ours: those of the image."""
    command = {"command": list(watcher.command)} if watcher.command else {}
    variables = [f"{name}={value}" for name, value in watcher.environment.items()]
    return {**command, **({"envs": variables} if variables else {})}


def _healthcheck(check: Sequence[str]) -> docker.ContainerHealthcheckArgs:
    return docker.ContainerHealthcheckArgs(
        tests=["CMD", *check],
        interval=duration(CHECK_EVERY_S),
        timeout=duration(CHECK_TIMEOUT_S),
        start_period=duration(WAIT_S),
        retries=RETRIES,
    )
