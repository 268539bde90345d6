"""What a host is told by its launch template, and which images run."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

from policies.model import Deployment, Resource, blocks

TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
GROUP = "aws:autoscaling/group:Group"
REMOTE_IMAGE = "docker:index/remoteImage:RemoteImage"
_IMAGE_LINE = re.compile(r'^\s*(?:[A-Z_]*IMAGE)="?([^"\s]+)"?\s*$', re.MULTILINE)


def user_data(template: Resource) -> str:
    """Decoded; empty where there is none or it is not known yet."""
    try:
        return base64.b64decode(str(template.inputs.get("userData") or ""), validate=True).decode()
    except ValueError:
        return ""


def mixed_policies(group: Resource) -> tuple[Mapping[str, Any], ...]:
    """Those of a group that launches more than one type, or spot instances; at most one, and none of others."""
    return group.entries("mixedInstancesPolicy")


def template_uses(group: Resource) -> Iterator[Mapping[str, Any]]:
    """Where the group names a launch template, with or without its version: itself, its mixed policy, a type of it."""
    yield from group.entries("launchTemplate")
    for policy in mixed_policies(group):
        for used in blocks(policy.get("launchTemplate")):
            yield from blocks(used.get("launchTemplateSpecification"))
            for override in blocks(used.get("overrides")):
                yield from blocks(override.get("launchTemplateSpecification"))


def images(deployment: Deployment) -> Iterator[tuple[Resource, str]]:
    """Each container image that runs, with the resource that names it."""
    for template in deployment.of_type(TEMPLATE):
        for image in _IMAGE_LINE.findall(user_data(template)):
            yield template, image
    for resource in deployment.of_type(REMOTE_IMAGE):
        yield resource, str(resource.inputs.get("name"))


def tag_of(image: str) -> str:
    """Of a reference without a digest; empty where it has none. The registry may have a port."""
    return image.rpartition("/")[2].partition(":")[2]


def has_digest(image: str) -> bool:
    return "@sha256:" in image or image.startswith("sha256:")
