"""``python -m rehearsal.aws --port N``: the emulated AWS by itself, for looking at it with the AWS CLI."""

from __future__ import annotations

import argparse
import signal
import threading

from rehearsal.aws.server import EmulatedAws


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.aws", description=__doc__)
    parser.add_argument("--port", type=int, default=5000, help="on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--time-scale", type=float, default=200.0, help="speed of AWS's own waits")
    parser.add_argument("--no-play-host", action="store_true", help="leave the lifecycle hooks to the caller")
    options = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with EmulatedAws(port=options.port, time_scale=options.time_scale, play_host=not options.no_play_host) as aws:
        for name, value in aws.environment().items():
            print(f"export {name}={value}", flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
