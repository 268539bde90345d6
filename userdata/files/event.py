"""One boot event as CloudWatch Logs takes it: ``event.py STEP STATUS DURATION_S < reason``."""

import json
import sys
import time


def main() -> None:
    step, status, duration_s = sys.argv[1:]
    message = {
        "step": step,
        "status": status,
        "reason": sys.stdin.read().strip(),
        "duration_s": float(duration_s),
    }
    event = {"timestamp": time.time_ns() // 1_000_000, "message": json.dumps(message)}
    sys.stdout.write(json.dumps(event) + "\n")


if __name__ == "__main__":
    main()
