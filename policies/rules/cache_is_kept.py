"""The volumes with models, compile cache and images outlive every update."""

from __future__ import annotations

from collections.abc import Iterator

from policies.model import Deployment, Finding, Rule, Step, found, is_production

VOLUME = "aws:ebs/volume:Volume"
POOL_TAG = "vllm:cache-pool"
HELD = {"availabilityZone", "kmsKeyId", "snapshotId"}
"""Inputs whose change would replace a volume."""


def check(deployment: Deployment) -> Iterator[Finding]:
    for volume in deployment.of_type(VOLUME):
        lacking = HELD - set(volume.ignore_changes) if POOL_TAG in volume.tags else set()
        if lacking:
            yield found(volume, f"a new {', '.join(sorted(lacking))} would replace this volume of the cache")
    for step in deployment.steps:
        if step.type == VOLUME and step.ends_it and _is_kept(step):
            yield Finding(urn=step.urn, message=f"this update would {_words(step)} a volume of the cache")


def _is_kept(step: Step) -> bool:
    """A volume that the stack file lets go, outside production, may be deleted; none is ever replaced."""
    if step.old is None or POOL_TAG not in step.old.tags:
        return False
    return step.op != "delete" or step.old.protect or is_production(step.old)


def _words(step: Step) -> str:
    return "delete" if step.op == "delete" else "replace"


RULE = Rule(
    id="cache-is-kept",
    level="mandatory",
    says="No update replaces a cache volume, or deletes one that is protected or in production.",
    cause="a new snapshot in the stack file replaces every slot: each host downloads the model again, hours at the "
    "price of its GPUs",
    remedy="keep ignore_changes of components/aws/cache_pool.py as they are; to give up slots on purpose, apply "
    "`cache.protect: false` first, or write a waiver",
    check=check,
)
