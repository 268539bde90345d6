"""What holds the containers that handle the model: the same as on a host of AWS (userdata/files/container.sh)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi_docker as docker

TMPFS: Mapping[str, str] = {"/tmp": "rw,exec,nosuid,nodev,mode=1777,size=4g"}  # noqa: S108 - of the container's own
FILE_RIGHTS = ("CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER")
"""Of a container's root: all files, and nothing else."""


def confined(user: str) -> dict[str, Any]:
    """Arguments of ``docker.Container``. ``user``: uid and gid."""
    return {
        "user": user,
        "read_only": True,
        "tmpfs": dict(TMPFS),
        "capabilities": docker.ContainerCapabilitiesArgs(
            drops=["ALL"], adds=list(FILE_RIGHTS) if is_root(user) else []
        ),
        "security_opts": ["no-new-privileges"],
    }


def is_root(user: str) -> bool:
    return user.startswith("0:")
