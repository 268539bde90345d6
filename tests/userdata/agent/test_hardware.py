"""GPU errors in the kernel log, and disks that fill up."""

from __future__ import annotations

import pytest

from userdata.files.agent.disk import newly_full
from userdata.files.agent.kernel import fatal_errors

FALLEN = "NVRM: Xid (PCI:0000:65:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus."


@pytest.mark.parametrize(
    ("line", "sentences"),
    [
        (FALLEN, ["GPU 0000:65:00: Xid 79, the GPU has fallen off the bus"]),
        (f"[  12.345678] {FALLEN}", ["GPU 0000:65:00: Xid 79, the GPU has fallen off the bus"]),
        (
            "NVRM: Xid (0000:00:1e): 48, An uncorrectable double bit error",
            ["GPU 0000:00:1e: Xid 48, double-bit memory error"],
        ),
        ("NVRM: Xid (PCI:0000:65:00): 31, pid=77, name=python3, Ch 00000008, MMU Fault", []),
        ("NVRM: Xid (PCI:0000:65:00): 13, Graphics Exception", []),
        ("usb 1-1: device 79 NVRM", []),
    ],
)
def test_errors_that_a_restart_does_not_heal(line: str, sentences: list[str]) -> None:
    assert fatal_errors([line]) == sentences


def test_an_error_that_repeats_is_told_once() -> None:
    assert len(fatal_errors([FALLEN, FALLEN, FALLEN.replace("0000:65", "0000:66")])) == 2


def test_a_full_disk_is_told_once_until_there_is_room_again() -> None:
    told = []
    known: frozenset[str] = frozenset()
    for used in (89, 90, 91, 88, 90, 84, 90):
        sentences, known = newly_full({"/mnt/cache": used, "/": 20}, known=known)
        told.append(sentences)
    full = ["/mnt/cache is 90 % full"]
    assert told == [[], full, [], [], [], [], full]
