"""A container image as a registry has it, pulled when this machine lacks it."""

from __future__ import annotations

import pulumi
import pulumi_docker as docker

PULL_TIMEOUT = "2h"  # 10 GB over 12 Mbit/s; the provider's own is 20 minutes


def pulled_image(name: str, *, reference: str, parent: pulumi.Resource | None = None) -> pulumi.Output[str]:
    """The id of the image, which is what an engine says of a container: a name would be a change at every `up`.

    It stays on the machine when the stack goes: other containers may use it, and a pull takes minutes.
    """
    image = docker.RemoteImage(
        name,
        name=reference,
        keep_locally=True,
        opts=pulumi.ResourceOptions(
            parent=parent,
            custom_timeouts=pulumi.CustomTimeouts(create=PULL_TIMEOUT),
        ),
    )
    return image.image_id
