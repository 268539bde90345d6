"""In production the engine itself refuses to delete the cache."""

from __future__ import annotations

from collections.abc import Iterator

from policies.model import Deployment, Finding, Rule, found
from policies.rules.cache_is_kept import POOL_TAG, VOLUME


def check(deployment: Deployment) -> Iterator[Finding]:
    if not deployment.is_production:
        return
    for volume in deployment.of_type(VOLUME):
        if POOL_TAG in volume.tags and not volume.protect:
            yield found(volume, "a volume of the cache of a production stack is not protected")


RULE = Rule(
    id="cache-is-protected",
    level="mandatory",
    says="In production (tag `environment: production`) each cache volume is protected.",
    cause="`pulumi destroy` in the wrong terminal takes the cache along with the stack",
    remedy="leave out `cache.protect` or set it to true in the stack file",
    check=check,
)
