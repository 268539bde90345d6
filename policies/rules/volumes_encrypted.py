"""Every disk is encrypted."""

from __future__ import annotations

from collections.abc import Iterator

from policies.hosts import TEMPLATE
from policies.model import Deployment, Finding, Rule, found
from policies.rules.cache_is_kept import VOLUME

YES = (True, "true")


def check(deployment: Deployment) -> Iterator[Finding]:
    for volume in deployment.of_type(VOLUME):
        if volume.inputs.get("encrypted") not in YES:
            yield found(volume, "the volume is not encrypted")
    for template in deployment.of_type(TEMPLATE):
        for mapping in template.entries("blockDeviceMappings"):
            ebs = mapping.get("ebs")
            if ebs and ebs.get("encrypted") not in YES:
                yield found(template, f"the disk {mapping.get('deviceName')} of hosts is not encrypted")


RULE = Rule(
    id="volumes-encrypted",
    level="mandatory",
    says="Cache volumes and the disks of hosts are encrypted.",
    cause="a snapshot is shared with the wrong account, and nothing but its key would keep it shut",
    remedy="set `encrypted` on the volume; `encryption.kmsKeyArn` chooses the key, without it AWS's own is used",
    check=check,
)
