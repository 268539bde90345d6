"""The same stack file starts the same server tomorrow."""

from __future__ import annotations

from collections.abc import Iterator

from policies.hosts import has_digest, images, tag_of
from policies.model import Deployment, Finding, Rule, found

FLOATING = {"", "latest", "nightly", "main", "master", "dev", "edge", "stable"}


def check(deployment: Deployment) -> Iterator[Finding]:
    for resource, image in images(deployment):
        if not has_digest(image) and tag_of(image) in FLOATING:
            yield found(resource, f"{image} is another image whenever somebody pushes")


RULE = Rule(
    id="image-version",
    level="mandatory",
    says="Each container image is named by a version or a digest, not by a tag that moves.",
    cause="a host that is replaced at night comes up with another vLLM than the others, whose flags have changed",
    remedy="name a whole version in `image.tag`, or `image.digest` (`python -m ops pin --stack NAME --update`)",
    check=check,
)
