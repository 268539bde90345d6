"""vLLM's image with packages and chat templates of one's own, built where Pulumi runs."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from components.image_content import Content, read_content, stage
from config.errors import ConfigError
from config.models import ImageBuild


@dataclass(frozen=True, kw_only=True)
class Registry:
    """Where the image is pushed to, and as whom."""

    server: pulumi.Input[str]
    username: pulumi.Input[str]
    password: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class OwnImageArgs:
    """``base``: the reference that it starts from. ``version``: that of vLLM in it, the first part of the tag.
    ``image_name``: the image's name without a tag. ``registry`` None: the image stays in the engine that built it.
    ``platform`` such as ``linux/amd64``; None: that of the engine.
    """

    build: ImageBuild
    base: str
    version: str
    image_name: pulumi.Input[str]
    registry: Registry | None = None
    platform: str | None = None


class OwnImage(pulumi.ComponentResource):
    """One image, whose tag follows from its content: the same content is the same tag on every machine, and neither
    built nor pushed again.

    ``reference``: what to run. ``name@sha256:...`` of a pushed image, the image's id (``sha256:...``) of a local one;
    either changes when, and only when, another image was built. Raises RunError for templates that cannot be taken.
    """

    reference: pulumi.Output[str]

    def __init__(self, name: str, args: OwnImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:OwnImage", name, None, opts)
        content = _content(args)
        staged, tag = stage(content), content.tag(args.version)
        image = docker.Image(
            name,
            image_name=pulumi.Output.from_input(args.image_name).apply(
                # After a stack, which may have capitals; Docker refuses those.
                lambda image_name: f"{image_name.lower()}:{tag}"
            ),
            build=docker.DockerBuildArgs(
                context=staged.context,
                dockerfile=staged.dockerfile,
                platform=args.platform,
                args={"BASE": args.base, "PACKAGES": " ".join(content.packages)},
            ),
            registry=_registry(args.registry),
            skip_push=args.registry is None,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.reference = image.repo_digest
        self.register_outputs({"reference": self.reference})


def _content(args: OwnImageArgs) -> Content:
    try:
        return read_content(args.build, base=args.base)
    except ConfigError as error:
        raise pulumi.RunError(str(error)) from None


def _registry(registry: Registry | None) -> docker.RegistryArgs | None:
    if registry is None:
        return None
    # The provider looks at the server alone: a new password, and every `up` has one, is no change.
    return docker.RegistryArgs(
        server=registry.server,
        username=registry.username,
        password=pulumi.Output.secret(registry.password),
    )
