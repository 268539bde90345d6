"""What a machine must have for a host to be booted on it."""

from __future__ import annotations

from collections.abc import Mapping

from rehearsal.host import cpu_vllm, root, volumes
from rehearsal.host.engine import missing_for_own_engine, running_engine


def missing() -> Mapping[str, str]:
    """What is lacking here, and for each thing why and how to get it; empty when a boot is possible."""
    no_engine = None if running_engine() else missing_for_own_engine()
    wanted = {
        "a container engine": no_engine,
        "block devices": volumes.missing(),
        "vLLM for CPUs": cpu_vllm.missing(),
        "the host's image": root.missing(),
    }
    return {what: reason for what, reason in wanted.items() if reason}
