"""``ops alarms``: the state of each alarm of a stack, and whether its message goes out."""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from config.errors import ConfigError, Problem
from ops.alarms_seen import Seen, Watched, document, listing, one_per_message, severity_of
from ops.command_line import positive_seconds
from ops.drill import Asked, Drill, Outcome

if TYPE_CHECKING:
    from config.models import StackConfig
    from ops.stack_alarms import Subscriber

HELP = "Show the state of each alarm, since when and why; see that its message goes out."
EPILOG = """examples:
  python -m ops alarms list --stack prod
  python -m ops alarms test --stack prod"""
MARGIN_S = 60.0
NOBODY = "nobody gets the messages: set vllm:monitoring.notify, pulumi up, and confirm the mail that comes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|test")
    summary = "each alarm: its state, since when, why"
    command = actions.add_parser("list", help=summary, description=summary, allow_abbrev=False)
    _common(command)
    summary = "set an alarm, see in its history that the message went out, put it back; everybody on the list gets it"
    command = actions.add_parser("test", help=summary, description=summary, allow_abbrev=False)
    which = command.add_mutually_exclusive_group()
    which.add_argument("id", nargs="?", metavar="ID", help="of ops alarms list (default: one that is quiet)")
    which.add_argument("--all", action="store_true", help="every one that sends a message of its own")
    command.add_argument(
        "--timeout-s",
        type=positive_seconds,
        default=MARGIN_S,
        metavar="S",
        help="how long a message may take, beyond what its alarm waits by design (default: 60)",
    )
    _common(command)


def _common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--stack", required=True, metavar="NAME", help="the stack of Pulumi.NAME.yaml")
    command.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    from ops.outputs import deployed, stack_config

    config = stack_config(args.stack)
    if config.target == "local":
        return _run_local(config, args)
    from ops.stack_alarms import StackAlarms

    alarms = StackAlarms.of(deployed(args.stack))
    watched = alarms.watched()
    if args.action == "list":
        print(json.dumps(document(watched)) if args.json else listing(watched, now=datetime.now(UTC)))
        return 0
    chosen = choose(watched, wanted=args.id, every=args.all)
    asked = [Asked.of(alarm, watched) for alarm in chosen]
    outcomes = Drill(alarms=alarms, margin_s=args.timeout_s, say=progress).run(asked)
    return report(outcomes, alarms.subscribers(), as_json=args.json)


def _run_local(config: StackConfig, args: argparse.Namespace) -> int:
    from ops.local_alarms import LocalAlarms

    alarms = LocalAlarms.of(config)
    watched = alarms.watched()
    if args.action == "list":
        print(json.dumps(document(watched)) if args.json else listing(watched, now=datetime.now(UTC)))
        return 0
    if args.all:
        raise _one_at_a_time(watched)
    (alarm,) = choose(watched, wanted=args.id, every=False)
    return report([alarms.test(alarm, timeout_s=args.timeout_s, say=progress)], None, as_json=args.json)


def choose(watched: Watched, *, wanted: str | None, every: bool) -> Sequence[Seen]:
    """The alarms to test. ConfigError for an id that no alarm has."""
    if every:
        return one_per_message(watched)
    if wanted is not None:
        found = next((alarm for alarm in watched.alarms if alarm.id == wanted), None)
        if found is None:
            raise _unknown(watched, wanted)
        return (found,)
    quiet = [alarm for alarm in one_per_message(watched) if alarm.acts and not alarm.rings]
    # An alarm on a metric and no outage: its message is no shock.
    return sorted(quiet or watched.shown, key=lambda alarm: (bool(alarm.rule), severity_of(alarm.id) == "critical"))[:1]


def _one_at_a_time(watched: Watched) -> ConfigError:
    return _wrong(
        path="--all",
        given="--all",
        watched=watched,
        message="Alertmanager counts its messages and does not say of which alert they were: test one at a time",
    )


def _unknown(watched: Watched, wanted: str) -> ConfigError:
    ids = [alarm.id for alarm in watched.shown]
    if any(rule.id == wanted for rule in watched.rules):
        message = "this tells of events that only Auto Scaling may send; any other alarm shows that the topic works"
    else:
        close = difflib.get_close_matches(wanted, ids, n=1)
        message = "the stack has no such alarm" + (f"; did you mean {close[0]}?" if close else "")
    return _wrong(path="ID", given=wanted, watched=watched, message=message)


def _wrong(*, path: str, given: str, watched: Watched, message: str) -> ConfigError:
    ids = [alarm.id for alarm in watched.shown]
    example = f"python -m ops alarms test {ids[0]} --stack NAME"
    return ConfigError([Problem(path=path, given=given, allowed=", ".join(ids), example=example, message=message)])


def progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def report(outcomes: Sequence[Outcome], subscribers: Sequence[Subscriber] | None, *, as_json: bool) -> int:
    """0 when every message went out and somebody gets it. ``subscribers`` None: it is not known who does."""
    heard = subscribers is None or any(each.confirmed for each in subscribers)
    passed = heard and all(outcome.passed for outcome in outcomes)
    if as_json:
        told = {} if subscribers is None else {"subscribers": [asdict(each) for each in subscribers]}
        print(json.dumps({"passed": passed, "alarms": [asdict(outcome) for outcome in outcomes], **told}))
        return 0 if passed else 1
    for outcome in outcomes:
        print(f"{'ok    ' if outcome.passed else 'FAILED'} {outcome.id} ({outcome.duration_s:g} s): {outcome.detail}")
    if not heard:
        print(f"FAILED {NOBODY}")
    if subscribers:
        print(f"told: {', '.join(map(str, subscribers))}")
    return 0 if passed else 1
