"""``python3 -m vllm.publisher``: until systemd stops it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Mapping

from ..aws_call.client import CLOUDWATCH, make_client
from .commands import Commands
from .exporter import Exporter
from .hardware import Hardware
from .loop import Loop
from .scrape import Vllm
from .settings import Settings, settings_of
from .spec import metrics_of

ATTEMPTS = 2  # what is not taken now is kept for the next minute


def make_loop(environment: Mapping[str, str]) -> Loop:
    settings = settings_of(environment)
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    cloudwatch = make_client(CLOUDWATCH, environment)
    cloudwatch.attempts = ATTEMPTS
    return Loop(
        settings=settings,
        metrics=metrics_of(settings.spec.read_text(encoding="utf-8")),
        vllm=Vllm(port=settings.vllm_port),
        hardware=Hardware(settings=settings, commands=Commands(environment=environment)),
        cloudwatch=cloudwatch,
        wall=cloudwatch.now,
    )


def serve(settings: Settings, loop: Loop) -> Exporter | None:
    """None when the port is taken: CloudWatch gets its metrics all the same."""
    try:
        exporter = Exporter((settings.address, settings.port), loop.served_text)
    except OSError as error:
        sys.stderr.write(f"vllm: publisher: nothing is served on port {settings.port}: {error}\n")
        return None
    exporter.start()
    return exporter


def main() -> int:
    asked_to_stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked_to_stop.set())
    loop = make_loop(os.environ)
    loop.hardware.start()
    serve(loop.settings, loop)
    while not asked_to_stop.wait(loop.tick(time.monotonic())):
        pass
    loop.finish(time.monotonic())
    return 0


if __name__ == "__main__":
    sys.exit(main())
