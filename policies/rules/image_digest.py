"""In production the image is the very bytes that were tested."""

from __future__ import annotations

from collections.abc import Iterator

from policies.hosts import TEMPLATE, has_digest, images
from policies.model import Deployment, Finding, Rule, found


def check(deployment: Deployment) -> Iterator[Finding]:
    if not deployment.is_production:
        return
    for resource, image in images(deployment):
        if resource.type == TEMPLATE and not has_digest(image):
            yield found(resource, f"{image} has no digest: whoever can push to its registry can change it")


RULE = Rule(
    id="image-has-digest",
    level="advisory",
    says="In production each image that hosts run has a digest.",
    cause="a version is pushed again with another content, and the fleet is half of each",
    remedy="run `python -m ops pin --stack NAME --update`, which writes `image.digest`, and review the diff",
    check=check,
)
