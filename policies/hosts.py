"""What a host is told by its launch template, and which images run."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

from policies.model import Deployment, Resource

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
