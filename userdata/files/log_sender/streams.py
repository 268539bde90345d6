"""Which lines of the journal are sent, and to which stream. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

BOOT, AGENT, PUBLISHER, VLLM, CLOUD_INIT, SYSTEM, STATUS = STREAMS = (
    *("boot", "agent", "publisher", "vllm", "cloud-init", "system", "status"),
)
_CONTAINER = "vllm"  # as run-vllm.sh names it
_OF_UNIT: Mapping[str, str] = {
    "cloud-init-local.service": CLOUD_INIT,
    "cloud-init-main.service": CLOUD_INIT,  # since cloud-init 24.3, as is -network
    "cloud-init-network.service": CLOUD_INIT,
    "cloud-init.service": CLOUD_INIT,
    "cloud-config.service": CLOUD_INIT,
    "cloud-final.service": CLOUD_INIT,
    "vllm-boot.service": BOOT,
    "vllm-agent.service": AGENT,
    "vllm-publisher.service": PUBLISHER,
    "vllm.service": VLLM,
    "vllm-logs.service": SYSTEM,
    "vllm-remote-write.service": SYSTEM,
    "docker.service": SYSTEM,
    "containerd.service": SYSTEM,
}
_STATUS_LINE = re.compile(r"vllm: status (?=\{)")
# Asked for every few seconds by the load balancer, the agent and the publisher: most lines of an idle server.
_ROUTINE = re.compile(r'"GET /(?:health|metrics|ping) HTTP/[\d.]+" 200')

MATCHES: tuple[str, ...] = (
    *(f"_SYSTEMD_UNIT={unit}" for unit in _OF_UNIT),
    "+",
    f"CONTAINER_NAME={_CONTAINER}",
    "+",
    "_PID=1",  # what systemd says about them: how they ended, that they are started again
    *(f"UNIT={unit}" for unit in _OF_UNIT),
    "+",
    "_TRANSPORT=kernel",  # Xid errors, the out-of-memory killer; warnings and worse
    *(f"PRIORITY={level}" for level in range(5)),
)
"""What journalctl is to show. The container's output is of the engine's unit there: Docker's log driver writes it."""

FIELDS = ("MESSAGE", "_SYSTEMD_UNIT", "UNIT", "CONTAINER_NAME", "SYSLOG_IDENTIFIER")


def stream_of(fields: Mapping[str, str], text: str) -> tuple[str, str] | None:
    """Stream and text to send for an entry with ``fields`` and the message ``text``; None when it is not sent."""
    unit = fields.get("_SYSTEMD_UNIT", "")
    container = fields.get("CONTAINER_NAME", "")
    if container == _CONTAINER:
        return None if _ROUTINE.search(text) else (VLLM, text)
    stream = _OF_UNIT.get(unit) or _OF_UNIT.get(fields.get("UNIT", ""), SYSTEM)
    if stream == PUBLISHER and (status := _STATUS_LINE.match(text)):
        return STATUS, text[status.end() :]
    if stream != SYSTEM:
        return stream, text
    source = container or fields.get("SYSLOG_IDENTIFIER", "")
    return SYSTEM, f"{source}: {text}" if source else text
