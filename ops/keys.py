"""``ops keys``: add, list and revoke the API keys of a stack. A key is shown once, when it is made."""

from __future__ import annotations

import argparse
import json
import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from config.errors import ConfigError, Problem
from machine.names import Names
from ops.api_keys import ApiKey, KeyStore, new_key

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
    if args.action != "list":
        check_name(args.name)
    store, steps = _store(args.stack)
    if args.action == "add":
        add(store, name=args.name, now=datetime.now(UTC), as_json=args.json)
    elif args.action == "revoke":
        revoke(store, name=args.name, as_json=args.json)
    else:
        show(store, as_json=args.json)
        return 0
    print(steps, file=sys.stderr)
    return 0


def _store(stack: str) -> tuple[KeyStore, str]:
    """Where the stack's keys are, and what to do once they have changed."""
    from ops.outputs import deployed, stack_config

    if stack_config(stack).target == "local":
        from machine.secret_files import SecretFiles
        from ops.key_files import FileKeyStore

        return FileKeyStore(SecretFiles.of(stack)), local_next_steps(stack)
    from ops.clients import client_config, session
    from ops.key_store import SecretKeyStore

    there = deployed(stack)
    client = session(there.region).client("secretsmanager", config=client_config())
    return SecretKeyStore(client=client, secret_arn=there.output("api_keys_secret_arn")), next_steps(there)


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


def local_next_steps(stack: str) -> str:
    """As on AWS, keys are read when vLLM starts."""
    return f"A server that runs already reads keys when it starts: docker restart {Names(stack).server}"


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
