"""``ops logs``: what the hosts' services say, from the stack's log group; for a stack on this machine from Docker."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from config.errors import ConfigError, Problem
from ops.log_line import LogLine
from userdata.files.log_sender.streams import STATUS, STREAMS

if TYPE_CHECKING:
    from config.models import StackConfig

HELP = "What the services of a stack's hosts say: boot, vLLM, agent, publisher, cloud-init."
EPILOG = """examples:
  python -m ops logs --stack dev --follow
  python -m ops logs --stack prod --unit vllm --instance i-0123456789abcdef0 --since 2h"""
DEFAULT_SINCE = "1h"
EVENTS = "events"  # of the boot, as `ops rollout` reads them
UNITS = (EVENTS, *STREAMS)
QUIET = (STATUS,)  # a line a minute, for `ops status`
LOCAL_UNITS = ("vllm", "front", "prometheus", "alertmanager", "grafana")
_AGO = re.compile(r"(\d{1,6})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_INSTANCE = re.compile(r"i-[0-9a-f]{8,17}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("--stack", required=True, metavar="NAME", help="the stack of Pulumi.NAME.yaml")
    parser.add_argument(
        "--unit",
        action="append",
        metavar="UNIT",
        help=f"only of this: {', '.join(UNITS)}; on this machine one of {', '.join(LOCAL_UNITS)}; may be repeated",
    )
    parser.add_argument("--instance", metavar="ID", help="only of this instance")
    parser.add_argument(
        "--since",
        default=DEFAULT_SINCE,
        metavar="TIME",
        help=f"how long ago (90s, 10m, 2h, 3d) or when (2026-01-31T12:00, UTC); default {DEFAULT_SINCE}",
    )
    parser.add_argument("--follow", action="store_true", help="go on with what comes; ends with Ctrl-C")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Prints the lines; 0, also when there are none: that is an answer."""
    from ops.outputs import stack_config

    since = since_of(args.since, now=datetime.now(UTC))
    _check(args)
    config = stack_config(args.stack)
    lines = _of_this_machine(config, args, since) if config.target == "local" else _of_aws(config, args, since)
    if args.json:
        print(json.dumps({"lines": [line.as_dict() for line in lines]}))
    elif not _print(lines):
        print(f"no lines since {since:%Y-%m-%d %H:%M:%S} UTC", file=sys.stderr)
    return 0


def _print(lines: Iterable[LogLine]) -> int:
    count = 0
    for line in lines:
        print(line.render(), flush=True)  # whoever follows through a pipe waits for each
        count += 1
    return count


def _of_aws(config: StackConfig, args: argparse.Namespace, since: datetime) -> Iterable[LogLine]:
    from ops.logs.group import LogGroup
    from ops.outputs import deployed

    units = args.unit or [unit for unit in UNITS if unit not in QUIET]
    _check_units(units, UNITS)
    group = LogGroup.of(deployed(config.stack), units=units, instance_id=args.instance)
    return group.follow(since) if args.follow else group.lines(since)


def _of_this_machine(config: StackConfig, args: argparse.Namespace, since: datetime) -> Iterable[LogLine]:
    from ops.logs.local import lines

    if args.instance:
        raise _wrong("--instance", args.instance, "nothing: this stack is on this machine", "--unit vllm")
    units = args.unit or ["vllm"]
    _check_units(units, LOCAL_UNITS)
    if len(units) > 1:
        raise _wrong("--unit", ", ".join(units), "one at a time on this machine", f"--unit {units[0]}")
    return lines(config, unit=units[0], since=since, follow=args.follow)


def since_of(text: str, *, now: datetime) -> datetime:
    """A time in UTC. ConfigError for what is none, or has not come yet."""
    ago = _AGO.fullmatch(text)
    if ago:
        return now - timedelta(seconds=int(ago[1]) * _SECONDS[ago[2]])
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong("--since", text, "90s, 10m, 2h, 3d, or a time as 2026-01-31T12:00", "--since 2h") from None
    time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    if time > now:
        raise _wrong("--since", text, "a time that has passed (without a zone it is UTC)", "--since 2h")
    return time


def _check(args: argparse.Namespace) -> None:
    if args.follow and args.json:
        raise _wrong("--json", "with --follow", "one of the two: a JSON document has an end", "--follow")
    if args.instance and not _INSTANCE.fullmatch(args.instance):
        example = "--instance i-0123456789abcdef0"
        raise _wrong("--instance", args.instance, "an instance's id, as ops status shows it", example)


def _check_units(units: Iterable[str], allowed: tuple[str, ...]) -> None:
    for unit in units:
        if unit not in allowed:
            raise _wrong("--unit", unit, ", ".join(allowed), "--unit vllm")


def _wrong(path: str, given: str, allowed: str, example: str) -> ConfigError:
    message = "this cannot be looked for"
    return ConfigError([Problem(path=path, given=given, allowed=allowed, example=example, message=message)])
