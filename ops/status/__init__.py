"""``ops status``: per replica, how old it is, where, in which version, and what it is doing."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ops.status.seen import Status, document, text

if TYPE_CHECKING:
    from config.models import StackConfig

HELP = "Per replica: age, zone, version, requests running and waiting, tokens per second; and which alarms ring."
EPILOG = """examples:
  python -m ops status --stack dev
  python -m ops status --stack prod --json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("--stack", required=True, metavar="NAME", help="the stack of Pulumi.NAME.yaml")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Prints the status; 0, also where nothing serves: that is an answer."""
    from ops.outputs import stack_config

    config = stack_config(args.stack)
    status = _on_this_machine(config) if config.target == "local" else _on_aws(config)
    now = datetime.now(UTC)
    print(json.dumps(document(status, now=now)) if args.json else text(status, now=now))
    return 0


def _on_aws(config: StackConfig) -> Status:
    from ops.outputs import deployed
    from ops.stack_alarms import StackAlarms
    from ops.status.fleet import FleetStatus

    stack = deployed(config.stack)
    return FleetStatus.of(stack).read().with_alarms(lambda: StackAlarms.of(stack).watched())


def _on_this_machine(config: StackConfig) -> Status:
    from config.stack_file import read_stack_file
    from machine.ports import is_watched
    from ops.local_alarms import LocalAlarms
    from ops.status.local import read_status

    engine = {key: str(value) for key, value in read_stack_file(stack=config.stack, root=Path.cwd()).items()}
    status = read_status(config, docker_host=engine.get("docker:host"), docker_context=engine.get("docker:context"))
    if not is_watched(config):
        return status
    return status.with_alarms(lambda: LocalAlarms.of(config).watched())
