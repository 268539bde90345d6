"""An image of one's own in a rehearsal: it is not pushed, and what cannot be built here is left out; both are said.

The emulated ECR takes no layers. And a build starts from vLLM's image: nobody waits for 10 GB in a rehearsal, so it is
built only where that image is in the container engine's store.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pulumi_docker

from machine.address import address
from machine.engine import opened
from machine.facts import NoEngine
from rehearsal.engine.rig import find_rig

TYPE = "docker:index/image:Image"


@dataclass(frozen=True)
class Made:
    """What a program uses of a pulumi_docker.Image."""

    repo_digest: pulumi.Output[str]


class StandIn(pulumi.ComponentResource):
    """Takes the image's place in the graph. A component, so that no provider is asked."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None) -> None:
        super().__init__(TYPE, name, None, opts)
        self.register_outputs({})


@contextlib.contextmanager
def own_images(*, environment: Mapping[str, str]) -> Iterator[None]:
    """For the program that runs inside: its images are built from the folder that it runs in, since the engine's
    plugins run in another one. ``environment``: the engine's. With an emulated AWS in it, images are not pushed, or
    stand in for themselves.
    """
    pulumi_docker.Image = _image  # type: ignore[misc, assignment] # the same for every program: what differs is below
    before = _environment.set(environment)
    try:
        yield
    finally:
        _environment.reset(before)


# Stacks are rehearsed side by side, each in a thread of its own.
_environment: ContextVar[Mapping[str, str] | None] = ContextVar("environment", default=None)
_RealImage = pulumi_docker.Image


def _image(name: str, *, build: Any, opts: pulumi.ResourceOptions | None = None, **rest: Any) -> Any:
    environment = _environment.get()
    if environment is None:
        return _RealImage(name, build=build, opts=opts, **rest)
    here = pulumi_docker.DockerBuildArgs(
        context=str(Path.cwd() / build.context),
        dockerfile=str(Path.cwd() / build.dockerfile),
        platform=build.platform,
        args=build.args,
    )
    if "AWS_ENDPOINT_URL" not in environment:
        return _RealImage(name, build=here, opts=opts, **rest)
    image_name = rest["image_name"]
    why = obstacle(base=build.args["BASE"], environment=environment)
    pulumi.log.info(f"the rehearsal does not build {name}: {why}" if why else f"the rehearsal does not push {name}")
    if why:
        StandIn(name, opts)
        return Made(_as_pushed(image_name))
    built = _RealImage(name, image_name=image_name, build=here, opts=opts, skip_push=True)
    return Made(_as_pushed(image_name, digest=built.repo_digest))


def _as_pushed(image_name: pulumi.Input[str], *, digest: pulumi.Input[str] | None = None) -> pulumi.Output[str]:
    """The reference that ECR would give it; without a ``digest``, one that is made of the name."""

    def reference(known: list[str]) -> str:
        name, found = known
        return f"{name.rpartition(':')[0]}@{found or f'sha256:{hashlib.sha256(name.encode()).hexdigest()}'}"

    return pulumi.Output.all(image_name, digest).apply(reference)


def obstacle(*, base: str, environment: Mapping[str, str]) -> str:
    """Why an image that starts from ``base`` is not built here, empty when it can be."""
    if find_rig(package="docker", environ=environment) is None:
        return "there is no plugin of Pulumi for Docker"
    where = address(host=None, context=None, environment=environment)
    with opened(where, environment=environment) as engine:
        if isinstance(engine, NoEngine):
            return "no container engine answers"
        if not engine.has_image(base):
            return f"the container engine does not have {base}, some 10 GB"
    return ""
