"""Where the stack's containers listen on this machine."""

from __future__ import annotations

from collections.abc import Mapping

from config.models import StackConfig
from machine.names import Names

LAST = 65535


def is_watched(config: StackConfig) -> bool:
    """Whether Prometheus, Alertmanager and Grafana run beside the server."""
    return config.monitoring.prometheus == "local"


def ports(config: StackConfig) -> Mapping[str, int]:
    """By container. Those that watch follow the endpoint's, so that one key moves all of a stack."""
    names, endpoint = Names(config.stack), config.endpoint.port
    watching = (names.grafana, names.prometheus, names.alertmanager) if is_watched(config) else ()
    return {name: endpoint + offset for offset, name in enumerate((names.front, *watching))}
