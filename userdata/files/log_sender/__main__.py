"""``python3 -m vllm.log_sender``: until systemd stops it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from ..aws_call.client import LOGS, make_client
from ..aws_call.credentials import Metadata, metadata_of
from ..aws_call.errors import NotSentError
from .follow import Follow
from .group import Group
from .redact import KnownSecrets
from .ship import Sender, say

ASK_EVERY_S = 3.0


def instance_id_of(metadata: Metadata, *, wait: Callable[[float], object], stopping: Callable[[], bool]) -> str:
    """Asks until the metadata service answers; empty at a stop."""
    told = False
    while not stopping():
        try:
            if found := metadata.get("instance-id"):
                return found
        except NotSentError as error:
            if not told:
                say(str(error))
            told = True
        wait(ASK_EVERY_S)
    return ""


def make_sender(environment: Mapping[str, str], *, instance_id: str, stop: threading.Event) -> Sender:
    """For a host's environment: LOG_GROUP, AWS_REGION, and STATE_DIRECTORY and RUN_DIR where they are not the usual."""
    client = make_client(LOGS, environment)
    client.pause = stop.wait
    state = Path(environment.get("STATE_DIRECTORY", "/var/lib/vllm-logs"))
    state.mkdir(parents=True, exist_ok=True)
    return Sender(
        follow=Follow(environment=environment),
        group=Group(api=client, name=environment["LOG_GROUP"], instance_id=instance_id),
        secrets=KnownSecrets(folder=Path(environment.get("RUN_DIR", "/run/vllm")) / "secrets"),
        cursor_file=state / "cursor",
        clock=time.monotonic,
        pause=stop.wait,
        stopping=stop.is_set,
    )


def main() -> int:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    instance_id = instance_id_of(metadata_of(os.environ), wait=stop.wait, stopping=stop.is_set)
    if instance_id:
        make_sender(os.environ, instance_id=instance_id, stop=stop).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
