"""Errors of a GPU in the kernel log. NVIDIA, "XID Errors": these need a reset of the GPU, a reboot or another machine;
others (13, 31, 43, 45, ...) come from a program and end with it."""

from __future__ import annotations

import re
from collections.abc import Iterable

FATAL = {
    48: "double-bit memory error",
    62: "halt of the GPU's own controller",
    63: "row remapping or page retirement was recorded; it needs a reset",
    64: "row remapping or page retirement failed",
    74: "NVLink error",
    79: "the GPU has fallen off the bus",
    92: "many single-bit memory errors",
    94: "contained memory error",
    95: "uncontained memory error",
    119: "the GPU's system processor does not answer",
    120: "error of the GPU's system processor",
    140: "memory error that was not repaired",
}
_XID = re.compile(r"NVRM: Xid \((?:PCI:)?(?P<gpu>[0-9a-fA-F:.]+)\): (?P<number>\d+)")


def fatal_errors(lines: Iterable[str]) -> list[str]:
    """One sentence for each GPU and number among ``lines``, in order of appearance."""
    found = {}
    for line in lines:
        match = _XID.search(line)
        number = int(match["number"]) if match else 0
        if match and number in FATAL:
            found[match["gpu"], number] = f"GPU {match['gpu']}: Xid {number}, {FATAL[number]}"
    return list(found.values())
