"""``python3 -m agent``: until systemd stops it."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping

from .care import Care
from .hand import Hand
from .jobs import Jobs
from .keys import Keys
from .leave import Leave
from .line import Line
from .loop import Loop
from .machine import Machine
from .settings import settings_of

TICK_S = 1.0


def make_loop(environment: Mapping[str, str]) -> Loop:
    settings = settings_of(environment)
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    machine = Machine(settings=settings, environment=environment)
    hand = Hand(settings=settings, jobs=Jobs(environment=environment))
    return Loop(
        machine=machine,
        hand=hand,
        care=Care(settings=settings, machine=machine, hand=hand, line=Line(port=settings.port)),
        leave=Leave(machine=machine, hand=hand),
        keys=Keys(machine=machine, hand=hand),
    )


def notify(message: str) -> None:
    """Tells systemd, where it wants to know (sd_notify)."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.connect("\0" + address[1:] if address.startswith("@") else address)
        channel.sendall(message.encode())


def main() -> int:
    asked_to_stop = threading.Event()
    loop = make_loop(os.environ)

    signal.signal(signal.SIGTERM, lambda *_: asked_to_stop.set())
    loop.care.start()
    notify("READY=1")
    while not loop.may_end():
        loop.tick(time.monotonic())
        notify("WATCHDOG=1")
        if asked_to_stop.wait(TICK_S):
            asked_to_stop.clear()
            loop.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
