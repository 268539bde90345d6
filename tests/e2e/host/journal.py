"""What systemd wrote into a host's journal about its units."""

from __future__ import annotations

import json

from rehearsal.host.boot import BootedHost
from userdata.render import host_files

STARTING = "7d4958e842da4a758f6c1cdc7b36dcc5"  # message ids of systemd, see sd-messages(3)
STOPPING = "de5b426a63be47a7b6ac3eaac82e2f6f"


def stopped_at(host: BootedHost, *, unit: str) -> float:
    """When systemd last began to stop it; Unix time."""
    return _times(host, message=STOPPING, unit=unit)[-1]


def started_units(host: BootedHost) -> frozenset[str]:
    """Those of ours that were started."""
    units = [name for name in host_files() if name.endswith(".service")]
    return frozenset(unit for unit in units if _times(host, message=STARTING, unit=unit))


def _times(host: BootedHost, *, message: str, unit: str) -> list[float]:
    entries = host.run("sh", "-c", f"journalctl --output json MESSAGE_ID={message} UNIT={unit} || true")
    return [int(json.loads(entry)["__REALTIME_TIMESTAMP"]) / 1e6 for entry in entries.splitlines()]
