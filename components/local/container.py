"""What every container of a stack has in common, and how the provider wants durations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi_docker as docker

from machine.names import Names

LOG_DRIVER = "json-file"
LOG_OPTS: Mapping[str, str] = {"max-size": "50m", "max-file": "3"}
"""At most 150 MB; Docker's own default keeps everything."""


def common(names: Names) -> dict[str, Any]:
    """Arguments of ``docker.Container``. The provider reads all of them back from the engine: what is left to the
    engine's defaults would be a change at the next `up`."""
    return {
        "restart": "unless-stopped",
        # With networks_advanced the container is on that network alone; the engine says "bridge" all the same
        # (pulumi-docker#1272).
        "network_mode": "bridge",
        "log_driver": LOG_DRIVER,
        "log_opts": dict(LOG_OPTS),
        "labels": [docker.ContainerLabelArgs(label=label, value=value) for label, value in names.labels.items()],
    }


def duration(seconds: int) -> str:
    """As Go writes it, ``1h2m3s``: the provider compares what the engine says with what was asked as texts."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
