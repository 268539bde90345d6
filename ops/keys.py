"""``ops keys``: add, list and revoke the API keys of a stack. A key is shown once, when it is made."""

from __future__ import annotations

import argparse
import json
import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from config.errors import ConfigError, Problem
from ops.key_store import ApiKey, KeyStore, new_key

if TYPE_CHECKING:
    from ops.outputs import Deployed

HELP = "Add, list and revoke the API keys of a stack."
NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="add|list|revoke")
    for action, summary in (
        ("add", "make a key and show it once"),
        ("list", "names, dates and last four characters"),
        ("revoke", "take a key away"),
    ):
        command = actions.add_parser(action, help=summary, description=summary, allow_abbrev=False)
        if action != "list":
            command.add_argument("name", metavar="NAME", help="who or what uses the key")
        command.add_argument("--stack", required=True, metavar="NAME", help="the stack of Pulumi.NAME.yaml")
        command.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    from ops.clients import client_config, session
    from ops.outputs import deployed

    if args.action != "list":
        check_name(args.name)
    stack = deployed(args.stack)
    store = KeyStore(
        client=session(stack.region).client("secretsmanager", config=client_config()),
        secret_arn=stack.output("api_keys_secret_arn"),
    )
    if args.action == "add":
        add(store, name=args.name, now=datetime.now(UTC), as_json=args.json)
    elif args.action == "revoke":
        revoke(store, name=args.name, as_json=args.json)
    else:
        show(store, as_json=args.json)
        return 0
    print(next_steps(stack), file=sys.stderr)
    return 0


def check_name(name: str) -> None:
    if not re.fullmatch(NAME_PATTERN, name):
        raise ConfigError(
            [
                Problem(
                    path="NAME",
                    given=name or '""',
                    allowed="1 to 64 letters, digits and . _ -",
                    example="python -m ops keys add alice --stack dev",
                    message="this cannot be the name of a key",
                )
            ]
        )


def add(store: KeyStore, *, name: str, now: datetime, as_json: bool) -> None:
    key = ApiKey(name=name, key=new_key(), created=now.isoformat(timespec="seconds"))
    store.add(key)
    if as_json:
        print(json.dumps({"name": key.name, "key": key.key, "created": key.created}))
    else:
        print(key.key)


def show(store: KeyStore, *, as_json: bool) -> None:
    keys = store.read().values()
    if as_json:
        entries = [{"name": key.name, "created": key.created, "last4": key.last4} for key in keys]
        print(json.dumps({"keys": entries}))
        return
    for key in keys:
        print(f"{key.name}  {key.created}  ...{key.last4}")
    if not keys:
        print("no key yet: python -m ops keys add NAME --stack STACK", file=sys.stderr)


def revoke(store: KeyStore, *, name: str, as_json: bool) -> None:
    store.revoke(name)
    print(json.dumps({"revoked": name}) if as_json else f"revoked {name}")


def next_steps(stack: Deployed) -> str:
    """Hosts read the keys when vLLM starts, so a fleet that runs already has to be told."""
    return (
        "A host that waits for its first key takes it within seconds. Hosts that serve already read keys when vLLM "
        "starts, so replace them:\n"
        f"  aws autoscaling start-instance-refresh --region {stack.region} "
        f"--auto-scaling-group-name {stack.output('autoscaling_group')} "
        "--preferences MinHealthyPercentage=100,MaxHealthyPercentage=200\n"
        f"  python -m ops rollout --stack {stack.stack} --wait"
    )
