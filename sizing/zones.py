"""Which availability zones a stack's own network takes. Pure: whoever asks AWS brings offerings and zones."""

from __future__ import annotations

from collections.abc import Collection

LOAD_BALANCER_ZONES = 2
"""An Application Load Balancer needs subnets in two zones, however few the fleet uses."""


def choose_zones(*, offered: Collection[str], available: Collection[str]) -> tuple[str, ...]:
    """As many as the load balancer needs: those that offer the type, since the fleet lives in the first, then others.

    In alphabetical order, since AWS's own varies. Empty when no zone offers the type.
    """
    if not offered:
        return ()
    return tuple(dict.fromkeys((*sorted(offered), *sorted(available))))[:LOAD_BALANCER_ZONES]
