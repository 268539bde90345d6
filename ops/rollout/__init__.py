"""``ops rollout``: where a first launch or an instance refresh stands, and with ``--wait`` how it ends.

``--resume`` undoes before that what a boot loop stopped; ``--start`` starts a refresh.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from config.errors import ConfigError, Problem
from machine.names import Names
from ops import progress as live
from ops.command_line import positive_seconds
from ops.errors import OpsError, failure
from ops.local_target import refuse_local
from ops.rollout.state import Snapshot, Verdict, judge

HELP = "Follow a first launch or an instance refresh to its end: 0 served, 1 failed or rolled back."
EPILOG = """examples:
  python -m ops rollout --wait --stack dev
  python -m ops rollout --resume --wait --stack dev     # after the alarm boot-loop
  python -m ops rollout --start --wait --stack dev      # every host that is not as configured is replaced
  python -m ops rollout --start --ignore-alarms --stack dev     # an alarm that rings would refuse it"""
POLL_S = 5.0
REPLICA_MARGIN_S = 600  # beside the derived timers: launch, registration, AWS's own pace
FALLBACK_TIMEOUT_S = 3600


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Seconds, and waiting for some; tests bring their own."""

    now_s: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("--stack", required=True, metavar="NAME", help="the stack of Pulumi.NAME.yaml")
    parser.add_argument("--wait", action="store_true", help="follow it to its end")
    parser.add_argument("--resume", action="store_true", help="let the group launch again after the alarm boot-loop")
    parser.add_argument("--start", action="store_true", help="start an instance refresh to what the group is now")
    parser.add_argument(
        "--ignore-alarms", action="store_true", help="with --start: no alarm refuses it or calls it back"
    )
    parser.add_argument(
        "--timeout-s",
        type=positive_seconds,
        metavar="S",
        help="give up after so many seconds (default: from the plan's own timers, for every replica)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    from ops.outputs import deployed, stack_config
    from ops.rollout.resume import BootLoop
    from ops.rollout.view import Fleet

    if args.ignore_alarms and not args.start:
        raise _nothing_to_start(args.stack)
    server = Names(args.stack).server
    refuse_local(
        stack_config(args.stack),
        message=f"a stack on this machine has no fleet: pulumi up itself waits until {server} serves, and Docker "
        "restarts it when it ends",
        example=f"docker logs --follow {server}",
    )
    stack = deployed(args.stack)
    if args.resume:
        progress(BootLoop.of(stack).resume())
    if args.start:
        from ops.rollout.start import Start

        progress(Start.of(stack, ignore_alarms=args.ignore_alarms).begin())
    fleet = Fleet.of(stack)
    if args.wait:
        timeout_s = args.timeout_s or default_timeout_s(stack.outputs.get("plan"))
        with live.progress(f"following {args.stack}") as line:
            snapshot, verdict = follow(fleet.observe, timeout_s=timeout_s, clock=Clock(), say=line.say)
    else:
        snapshot = fleet.observe()
        verdict = judge(snapshot)
    if verdict.state == "failed":
        raise failed(args.stack, verdict)
    print(document(snapshot, verdict) if args.json else text(snapshot, verdict, with_lines=not args.wait))
    return 0


def follow(
    observe: Callable[[], Snapshot], *, timeout_s: float, clock: Clock, say: Callable[[str], None]
) -> tuple[Snapshot, Verdict]:
    """Look until the rollout is over; ``say`` gets each line that is new. OpsError after ``timeout_s``."""
    deadline_s = clock.now_s() + timeout_s
    known_failures: frozenset[str] | None = None
    said: list[str] = []
    while True:
        snapshot = observe()
        lines = snapshot.lines()
        for line in lines:
            if line not in said:
                say(line)
        said = lines
        verdict = judge(snapshot, known_failures=known_failures)
        if verdict.state != "going":
            return snapshot, verdict
        known_failures = known_failures if known_failures is not None else snapshot.failure_ids()
        if clock.now_s() >= deadline_s:
            raise failure(
                path="rollout",
                given=verdict.reason,
                message=f"not over after {timeout_s:g} s; it goes on by itself: follow it again with --timeout-s",
            )
        clock.sleep(POLL_S)


def default_timeout_s(plan: Any) -> float:
    """Long enough for every replica to be replaced one after the other, by the stack's own ``plan`` output."""
    try:
        timers, replicas = plan["timers"], plan["replicas"].get("most") or plan["replicas"]["max"]
        one_s = timers["boot_deadline_s"] + timers["deregistration_delay_s"] + timers["stop_timeout_s"]
        change = plan.get("change") or {}
        bake_s = change.get("bake_s", 0)  # of each host, and once more after the first
        return float(replicas * (one_s + REPLICA_MARGIN_S + bake_s) + bake_s)
    except (KeyError, TypeError):
        return float(FALLBACK_TIMEOUT_S)


def _nothing_to_start(stack: str) -> ConfigError:
    return ConfigError(
        [
            Problem(
                path="--ignore-alarms",
                given="without --start",
                allowed="--start --ignore-alarms",
                example=f"python -m ops rollout --start --ignore-alarms --stack {stack}",
                message="it goes with --start: a refresh that runs keeps its alarms",
            )
        ]
    )


def progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def failed(stack: str, verdict: Verdict) -> OpsError:
    return failure(
        path=f"rollout of {stack}",
        message=verdict.reason,
        example=f"put it right, pulumi up --stack {stack}, then python -m ops rollout --stack {stack} --wait",
    )


def text(snapshot: Snapshot, verdict: Verdict, *, with_lines: bool) -> str:
    lines = snapshot.lines()[:-1] if with_lines else []
    return "\n".join([*lines, f"{verdict.state}: {verdict.reason}"])


def document(snapshot: Snapshot, verdict: Verdict) -> str:
    content: Mapping[str, Any] = {"state": verdict.state, "reason": verdict.reason, **asdict(snapshot)}
    return json.dumps(content, default=datetime.isoformat)
